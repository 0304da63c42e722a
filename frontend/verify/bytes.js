// SPDX-License-Identifier: Apache-2.0
// Bytes and their spellings, alike in a browser and in node.

import { sha256 as digest } from "@noble/hashes/sha2.js";
import { Fault } from "./fault.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PLACES = new Map([...ALPHABET].map((letter, place) => [letter, place]));
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text) => encoder.encode(text);

/** Return the text, or throw a TypeError where the bytes are no UTF-8. */
export const fromUtf8 = (bytes) => decoder.decode(bytes);

export const sha256 = (...parts) => digest(parts.length === 1 ? parts[0] : concat(parts));

export function concat(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function isEqual(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** Standard padded base64 (RFC 4648 §4). */
export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const bits = (a << 16) | (b << 8) | c;
    const letters = [18, 12, 6, 0].map((shift) => ALPHABET[(bits >> shift) & 63]);
    text += letters.slice(0, bytes.length - at + 1).join("").padEnd(4, "=");
  }
  return text;
}

/** The bytes of canonical base64; one text per value, so that no bit is free. */
export function fromBase64(text) {
  const letters = text.replace(/={1,2}$/, "");
  const bytes = new Uint8Array(Math.floor((letters.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of letters) {
    const place = PLACES.get(letter);
    if (place === undefined) throw new Fault("base64_malformed");
    bits = ((bits << 6) | place) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at] = (bits >> held) & 255;
      at += 1;
    }
  }
  if (toBase64(bytes) !== text) throw new Fault("base64_malformed");
  return bytes;
}
