// SPDX-License-Identifier: Apache-2.0
// Receipts: C2SP tlog-proof v1, with the entry as `extra` (docs/protocol/log-format.md §4).

import { fromBase64, utf8 } from "./bytes.js";
import { Fault } from "./fault.js";
import { openCheckpoint, originOf, parseDecimal } from "./note.js";
import { leafHash, verifyInclusion } from "./tree.js";

const HEADER = "c2sp.org/tlog-proof@v1";
const MAX_HASHES = 63;
const MAX_LENGTH = 1 << 20;

/** Take a receipt (a text) apart; nothing in it has been checked yet. */
export function parseReceipt(text) {
  const cut = text.indexOf("\n\n");
  if (text.length > MAX_LENGTH || cut < 0) throw new Fault("receipt_malformed");
  const rows = text.slice(0, cut).split("\n");
  if (rows.shift() !== HEADER) throw new Fault("receipt_malformed");
  const entry = rows[0]?.startsWith("extra ") ? fromBase64(rows.shift().slice(6)) : null;
  if (!rows[0]?.startsWith("index ")) throw new Fault("receipt_malformed");
  const index = parseDecimal(rows.shift().slice(6));
  const hashes = rows.map(fromBase64);
  if (hashes.length > MAX_HASHES || hashes.some((one) => one.length !== 32)) throw new Fault("receipt_malformed");
  return { index, entry, hashes, checkpoint: utf8(text.slice(cut + 2)) };
}

/** Return {index, entry, head}: the entry is proven to stand there under a checkpoint that the log signed. */
export function openReceipt(text, key) {
  const { index, entry, hashes, checkpoint } = parseReceipt(text);
  const head = openCheckpoint(checkpoint, key);
  if (entry === null) throw new Fault("entry_absent", { index });
  verifyInclusion(leafHash(entry), index, head.size, hashes, head.root);
  return { index, entry, head };
}

/** The log a whole receipt says it is from, or null when it is not all there; nothing is proven by that. */
export function originOfReceipt(text) {
  try {
    const { entry, checkpoint } = parseReceipt(text);
    return entry === null ? null : originOf(checkpoint);
  } catch (error) {
    if (error instanceof Fault) return null;
    throw error;
  }
}
