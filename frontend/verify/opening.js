// SPDX-License-Identifier: Apache-2.0
// Sealed choices (docs/protocol/log-format.md §6.4); votelog/_choices.py and _opening.py, written apart.

import { fromHex, isEqual, sha256, toHex, utf8 } from "./bytes.js";
import { Fault } from "./fault.js";
import { beginOpening, publicOf } from "./hpke.js";

const BINDING_BYTES = 16;
const TAG_BYTES = 16;

/** How many hex digits a sealed choice among so many candidates has. */
export const sealedDigits = (candidates) => 2 * (BINDING_BYTES + Math.ceil(candidates / 8) + TAG_BYTES);

/** Return `picksOf(ballot)`: the labels in a sealed ballot, or a Fault. */
export function openerOf(manifest, keyHex) {
  const key = fromHex(keyHex);
  if (toHex(publicOf(key)) !== manifest.seal) throw new Fault("key_false");
  const info = utf8(`votelog sealed choice v1\n${manifest.campaign}`);
  const contexts = new Map();
  const contextOf = (sent) => {
    if (!contexts.has(sent)) contexts.set(sent, attempt(() => beginOpening(key, fromHex(sent), info)));
    return contexts.get(sent);
  };
  return (ballot) => {
    const text = attempt(() => contextOf(ballot.e)(ballot.i, fromHex(ballot.x)));
    if (text === null) throw new Fault("choice_unopenable");
    const binding = sha256(utf8(`ballot v1\n${manifest.campaign}\n${ballot.tag}\n${ballot.n}`)).slice(0, BINDING_BYTES);
    if (!isEqual(text.slice(0, BINDING_BYTES), binding)) throw new Fault("choice_copied");
    return labelsOf(text.slice(BINDING_BYTES), manifest.candidates);
  };
}

function labelsOf(bitmap, candidates) {
  const isPicked = (at) => (bitmap[at >> 3] >> (at & 7)) & 1;
  for (let at = candidates.length; at < bitmap.length * 8; at += 1) if (isPicked(at)) throw new Fault("pick_unknown");
  return candidates.filter((label, at) => isPicked(at));
}

function attempt(call) {
  try {
    return call();
  } catch {
    return null;
  }
}
