// SPDX-License-Identifier: Apache-2.0
// Canonical JSON (docs/protocol/log-format.md §6.1): one value has one text.

import { fromUtf8 } from "./bytes.js";
import { Fault } from "./fault.js";

const MAX_ENTRY_BYTES = 2048;
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** Return the object that an entry holds, which must be written canonically. */
export function decodeCanonical(raw) {
  if (raw.length > MAX_ENTRY_BYTES) throw new Fault("entry_too_long");
  let text;
  let value;
  try {
    text = fromUtf8(raw);
    value = JSON.parse(text);
  } catch {
    throw new Fault("entry_not_canonical");
  }
  if (!isObject(value) || encodeCanonical(value) !== text) throw new Fault("entry_not_canonical");
  return value;
}

/** Return the one text of a value. */
export function encodeCanonical(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return encodeText(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new Fault("entry_not_canonical");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(encodeCanonical).join(",")}]`;
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${encodeName(name)}:${encodeCanonical(value[name])}`).join(",")}}`;
}

export const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

function encodeText(text) {
  if (LONE_SURROGATE.test(text)) throw new Fault("entry_not_canonical");
  return JSON.stringify(text);
}

function encodeName(name) {
  for (let at = 0; at < name.length; at += 1) {
    if (name.charCodeAt(at) > 127) throw new Fault("entry_not_canonical");
  }
  return JSON.stringify(name);
}
