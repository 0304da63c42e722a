// SPDX-License-Identifier: Apache-2.0
// What a voter's browser checks about its own ballot.

import { decodeCanonical } from "./canonical.js";
import { Fault } from "./fault.js";
import { leafHash } from "./tree.js";
import { openerOf } from "./opening.js";
import { openCheckpoint } from "./note.js";
import { openReceipt } from "./receipt.js";
import { utf8 } from "./bytes.js";

const PATIENCE_MS = 1500;
const LABEL_DIGITS = 3;

/** The label under which a nominee stands in the log; ballotbox.sealing.label_of is the same. */
export const labelOf = (number) => String(number).padStart(LABEL_DIGITS, "0");

/**
 * Check a receipt: its entry is proven under a head that the log signed; the entry is the ballot that this browser
 * cast, where it still knows; the newest head contains that head and the last one this browser saw (`kept`).
 * With `thorough`, the public bundle must show the very entry. Returns {index, ballot, head, newest}.
 */
export async function checkReceipt({ proof, held = {}, kept = "", log, thorough = false }) {
  const { index, entry, head } = openReceipt(proof, log.key);
  const ballot = decodeCanonical(entry);
  checkOwn(ballot, held);
  const known = kept ? [head, openCheckpoint(utf8(kept), log.key)] : [head];
  const newest = await reachAtLeast(log, Math.max(...known.map((one) => one.size)));
  for (const one of known) await log.checkGrowth(one, newest);
  if (thorough) await log.checkEntry(index, entry, newest);
  return { index, ballot, head, newest };
}

/** The entry is a ballot, with the nonce and the picks that this browser sent, where it has kept them. */
export function checkOwn(ballot, { nonce, picks }) {
  if (ballot.type !== "ballot") throw new Fault("other_ballot");
  if (nonce && ballot.n !== nonce) throw new Fault("other_ballot");
  if (picks && ballot.ch) {
    const labels = picks.map(labelOf).sort();
    const isSame = labels.length === ballot.ch.length && labels.every((label, at) => label === ballot.ch[at]);
    if (!isSame) throw new Fault("other_ballot");
  }
}

/**
 * Open the choice of a sealed ballot with the key that stands in the log; `held` picks must be the same. The key is
 * believed because it belongs to the public key in entry 0, and entry 0 because every head grows from it.
 */
export async function openOwn({ ballot, held = {}, openedKey, log, newest }) {
  const [first] = await log.bundle(0, newest.size);
  await log.checkGrowth({ size: 1, root: leafHash(first) }, newest);
  const labels = openerOf(decodeCanonical(first), openedKey)(ballot);
  checkOwn({ ...ballot, ch: labels }, held);
  return labels;
}

/** The newest head; one that is older than what was seen before may come from a cache: ask once more. */
async function reachAtLeast(log, size) {
  const first = await log.newest();
  if (first.size >= size) return first;
  await new Promise((done) => setTimeout(done, PATIENCE_MS));
  const second = await log.newest();
  if (second.size < size) throw new Fault("rolled_back");
  return second;
}

/** Compare a count with the published board; returns the labels that differ. */
export function compareBoard(tally, rows) {
  const shown = new Map(rows.map((row) => [labelOf(row.key), row.value]));
  const labels = new Set([...Object.keys(tally), ...shown.keys()]);
  return [...labels].filter((label) => (tally[label] ?? 0) !== (shown.get(label) ?? 0)).sort();
}

