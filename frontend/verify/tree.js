// SPDX-License-Identifier: Apache-2.0
// The Merkle tree of RFC 6962 §2.1 (= RFC 9162 §2.1 with SHA-256). Sizes go beyond 32 bits: no bit operators.

import { isEqual, sha256 } from "./bytes.js";
import { Fault } from "./fault.js";

export const EMPTY_ROOT = sha256(new Uint8Array(0));
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const half = (n) => Math.floor(n / 2);

export const leafHash = (entry) => sha256(LEAF, entry);
export const nodeHash = (left, right) => sha256(NODE, left, right);

/** A tree that grows leaf by leaf; keeps the roots of its complete subtrees, largest first. */
export class Tree {
  constructor() {
    this.size = 0;
    this.peaks = [];
  }

  push(leaf) {
    this.peaks.push(leaf);
    this.size += 1;
    for (let n = this.size; n % 2 === 0; n /= 2) fold(this.peaks);
  }

  root() {
    return foldAll([...this.peaks]) ?? EMPTY_ROOT;
  }
}

/** The root over roots of neighbouring complete subtrees, largest first; undefined for none. */
export function foldAll(peaks) {
  while (peaks.length > 1) fold(peaks);
  return peaks[0];
}

function fold(peaks) {
  const right = peaks.pop();
  peaks.push(nodeHash(peaks.pop(), right));
}

/** The spans [low, high) whose roots are PROOF(before, D[after]) of RFC 6962 §2.1.2, in the order of the proof. */
export function consistencySpans(before, after) {
  if (before < 0 || before > after) throw new Fault("size_outside");
  if (before === 0 || before === after) return [];
  const spans = [];
  let low = 0;
  let high = after;
  while (before !== high) {
    const middle = low + largestBelow(high - low);
    if (before <= middle) {
      spans.push([middle, high]);
      high = middle;
    } else {
      spans.push([low, middle]);
      low = middle;
    }
  }
  if (low > 0) spans.push([low, high]);
  return spans.reverse();
}

/** The complete subtrees [level, index] of a span, largest first where it starts at 0. */
export function completeSubtrees(low, high) {
  const found = [];
  let at = low;
  while (at < high) {
    let level = 0;
    for (let width = 2; at % width === 0 && at + width <= high; width *= 2) level += 1;
    found.push([level, at / 2 ** level]);
    at += 2 ** level;
  }
  return found;
}

/** The largest power of two smaller than `width` > 1. */
function largestBelow(width) {
  let power = 1;
  while (power * 2 < width) power *= 2;
  return power;
}

/** Check that `leaf` is at `index` of the tree of `size` under `head` (RFC 9162 §2.1.3.2). */
export function verifyInclusion(leaf, index, size, proof, head) {
  if (index < 0 || index >= size) throw new Fault("index_outside", { index });
  let fn = index;
  let sn = size - 1;
  let running = leaf;
  for (const sibling of proof) {
    if (sn === 0) throw new Fault("proof_length");
    if (fn % 2 === 1 || fn === sn) {
      running = nodeHash(sibling, running);
      while (fn !== 0 && fn % 2 === 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      running = nodeHash(running, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) throw new Fault("proof_length");
  if (!isEqual(running, head)) throw new Fault("proof_false", { index });
}

/** Check that the tree of size `before` is a prefix of that of size `after` (RFC 9162 §2.1.4.2). */
export function verifyConsistency(before, after, proof, oldHead, newHead) {
  if (before < 0 || before > after) throw new Fault("size_outside");
  if (before === 0 || before === after) {
    if (proof.length > 0) throw new Fault("proof_length");
    if (!isEqual(oldHead, before === 0 ? EMPTY_ROOT : newHead)) throw new Fault("heads_differ");
    return;
  }
  const path = isPowerOfTwo(before) ? [oldHead, ...proof] : [...proof];
  if (proof.length === 0) throw new Fault("proof_length");
  let fn = before - 1;
  let sn = after - 1;
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let oldRunning = path[0];
  let newRunning = path[0];
  for (const sibling of path.slice(1)) {
    if (sn === 0) throw new Fault("proof_length");
    if (fn % 2 === 1 || fn === sn) {
      oldRunning = nodeHash(sibling, oldRunning);
      newRunning = nodeHash(sibling, newRunning);
      while (fn !== 0 && fn % 2 === 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      newRunning = nodeHash(newRunning, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) throw new Fault("proof_length");
  if (!isEqual(oldRunning, oldHead) || !isEqual(newRunning, newHead)) throw new Fault("proof_false");
}

const isPowerOfTwo = (n) => Number.isInteger(Math.log2(n)) && 2 ** Math.round(Math.log2(n)) === n;
