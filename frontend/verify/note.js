// SPDX-License-Identifier: Apache-2.0
// Signed notes, checkpoints and cosignatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature).
//
// Ed25519 is computed here: WeChat's web view has no WebCrypto for it, and none at all over http.

import * as ed25519 from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, fromBase64, fromUtf8, isEqual, sha256, toBase64, toHex, utf8 } from "./bytes.js";
import { Fault } from "./fault.js";
import { EMPTY_ROOT } from "./tree.js";

ed25519.hashes.sha512 = sha512;

const ED25519 = 1;
const COSIGNATURE = 4;
const MAX_SIGNATURES = 100;
const MAX_NOTE_BYTES = 1 << 20;
const DASH = "\u2014 ";
const HEADER_BYTES = 4;
const TIME_BYTES = 8;

/** Return {name, keyId, kind, publicKey} of a vkey `name+<hex key ID>+<base64>`. */
export function parseVkey(vkey) {
  const [name, id, ...rest] = vkey.trim().split("+");
  if (rest.length === 0) throw new Fault("vkey_malformed");
  checkName(name);
  const material = fromBase64(rest.join("+"));
  if (material.length !== 33 || ![ED25519, COSIGNATURE].includes(material[0])) throw new Fault("key_type_unknown");
  const keyId = sha256(utf8(`${name}\n`), material).subarray(0, HEADER_BYTES);
  if (toHex(keyId) !== id) throw new Fault("vkey_id_false");
  return { name, keyId, kind: material[0], publicKey: material.slice(1) };
}

/** Return {text, signatures} of a note whose form is right; nothing is verified. */
export function splitNote(note) {
  if (note.length > MAX_NOTE_BYTES) throw new Fault("note_malformed");
  let whole;
  try {
    whole = fromUtf8(note);
  } catch {
    throw new Fault("note_malformed");
  }
  if (hasControl(whole)) throw new Fault("note_malformed");
  const cut = whole.lastIndexOf("\n\n");
  const lines = whole.slice(cut + 2);
  if (cut < 0 || !lines.endsWith("\n")) throw new Fault("note_malformed");
  const rows = lines.slice(0, -1).split("\n");
  if (rows.length > MAX_SIGNATURES) throw new Fault("note_malformed");
  return { text: whole.slice(0, cut + 1), signatures: rows.map(parseSignature) };
}

function hasControl(text) {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 32 && unit !== 10) return true;
  }
  return false;
}

function parseSignature(row) {
  const [name, coded] = row.slice(DASH.length).split(/ (.*)/s);
  if (!row.startsWith(DASH) || coded === undefined) throw new Fault("note_malformed");
  checkName(name);
  const raw = fromBase64(coded);
  if (raw.length <= HEADER_BYTES) throw new Fault("note_malformed");
  return { name, keyId: raw.subarray(0, HEADER_BYTES), bytes: raw.subarray(HEADER_BYTES) };
}

function checkName(name) {
  if (!name || /[\s+]/.test(name)) throw new Fault("key_name_malformed");
}

/**
 * Return the text of a note and which of `keys` have signed it; signatures of others are ignored.
 * A known key's signature that fails, or none at all, refuses the note.
 */
export function openNote(note, keys) {
  const { text, signatures } = splitNote(note);
  const signers = [];
  for (const signature of signatures) {
    const key = keys.find((one) => one.name === signature.name && isEqual(one.keyId, signature.keyId));
    if (!key) continue;
    if (!holds(key, text, signature.bytes)) throw new Fault("signature_false");
    signers.push(key);
  }
  if (signers.length === 0) throw new Fault("signature_missing");
  return { text, signers };
}

function holds(key, text, bytes) {
  const isCosigned = key.kind === COSIGNATURE;
  if (bytes.length !== 64 + (isCosigned ? TIME_BYTES : 0)) return false;
  if (!isCosigned) return verified(key, utf8(text), bytes);
  const seconds = bytes.subarray(0, TIME_BYTES).reduce((sum, byte) => sum * 256 + byte, 0);
  return verified(key, utf8(`cosignature/v1\ntime ${seconds}\n${text}`), bytes.subarray(TIME_BYTES));
}

function verified(key, message, signature) {
  try {
    return ed25519.verify(signature, message, key.publicKey, { zip215: false }); // strictly RFC 8032
  } catch {
    return false;
  }
}

/** Return {origin, size, root, witnesses, note} of a checkpoint that the log itself has signed. */
export function openCheckpoint(note, key, witnesses = []) {
  const head = parseCheckpoint(splitNote(note).text);
  const { signers } = openNote(note, [key, ...witnesses]);
  if (!signers.includes(key)) throw new Fault("signature_missing");
  if (head.origin !== key.name) throw new Fault("origin_differs");
  return { ...head, witnesses: signers.filter((one) => one !== key).map((one) => one.name), note: fromUtf8(note) };
}

/** The name of the log a checkpoint says it is of; nobody's signature is verified. */
export const originOf = (note) => parseCheckpoint(splitNote(note).text).origin;

function parseCheckpoint(text) {
  const rows = text.split("\n");
  if (rows.length < 4 || rows.pop() !== "" || rows.includes("")) throw new Fault("checkpoint_malformed");
  const root = fromBase64(rows[2]);
  const head = { origin: rows[0], size: parseDecimal(rows[1]), root, rootText: toBase64(root) };
  const isSound = root.length === 32 && (head.size > 0 || isEqual(root, EMPTY_ROOT));
  if (!isSound) throw new Fault("checkpoint_malformed");
  return head;
}

/** Return a number written without sign, spaces and leading zeros. */
export function parseDecimal(digits) {
  if (!/^(0|[1-9][0-9]*)$/.test(digits) || !Number.isSafeInteger(Number(digits))) throw new Fault("number_malformed");
  return Number(digits);
}

/** Only for tests and tools: sign a note text with a 32-byte seed. */
export function signNote(text, name, seed) {
  const material = concat([Uint8Array.of(ED25519), ed25519.getPublicKey(seed)]);
  const keyId = sha256(utf8(`${name}\n`), material).subarray(0, HEADER_BYTES);
  const line = toBase64(concat([keyId, ed25519.sign(utf8(text), seed)]));
  return { note: utf8(`${text}\n${DASH}${name} ${line}\n`), vkey: `${name}+${toHex(keyId)}+${toBase64(material)}` };
}
