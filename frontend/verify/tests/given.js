// SPDX-License-Identifier: Apache-2.0
// A small honest log in memory, and ways to tell lies about it.

import { concat, toBase64, utf8 } from "../bytes.js";
import { encodeCanonical } from "../canonical.js";
import { Fault } from "../fault.js";
import { signNote } from "../note.js";
import { bundlePath, HEIGHT, tilePath, tileWidth, WIDTH } from "../tiles.js";
import { completeSubtrees, foldAll, leafHash, Tree } from "../tree.js";

export const ORIGIN = "vote.example/ledger/given";
const SEED = new Uint8Array(32).fill(7);
export const OPENS = 1_790_000_000_000;
const HASH = "0".repeat(64);
const hex = (number, digits) => number.toString(16).padStart(digits, "0");

export const manifest = () => ({
  type: "manifest", v: 1, campaign: "given", candidates: ["001", "002", "003"], opens: OPENS,
  closes: OPENS + 86_400_000, zone: 480, ph: HASH, rules: HASH, rule: { per: "day", min: 1, max: 2 },
  tag_key: HASH, policy: HASH, code: "1", screening: "none", appeal: OPENS + 86_400_000,
});

export const ballot = (number, changes = {}) => ({
  type: "ballot", t: OPENS + number, tag: hex(number, 32), day: "2026-09-21", n: hex(number + 1e6, 32),
  ph: HASH, ch: number % 2 ? ["001", "003"] : ["002"], ...changes,
});

/** A log of one manifest and `ballots` ballots; `entries` may be changed to tell another history. */
export class GivenLog {
  constructor(ballots, entries = [manifest(), ...Array.from({ length: ballots }, (_, at) => ballot(at + 1))]) {
    this.entries = entries.map((one) => utf8(encodeCanonical(one)));
    this.files = new Map();
    this.publish(this.entries.length);
  }

  /** Write everything that belongs to a size; its checkpoint becomes the newest. */
  publish(size) {
    const leaves = this.entries.slice(0, size).map(leafHash);
    for (let level = 0; Math.floor(size / WIDTH ** level) > 0; level += 1) {
      const count = Math.floor(size / WIDTH ** level);
      const hashes = Array.from({ length: count }, (_, at) => span(leaves, at * WIDTH ** level, (at + 1) * WIDTH ** level));
      for (let number = 0; number * WIDTH < count; number += 1) {
        const width = tileWidth(level, number, size);
        this.files.set(tilePath(level, number, width), concat(hashes.slice(number * WIDTH, number * WIDTH + width)));
      }
    }
    for (let number = 0; number * WIDTH < size; number += 1) {
      const width = tileWidth(0, number, size);
      const entries = this.entries.slice(number * WIDTH, number * WIDTH + width);
      const framed = entries.flatMap((one) => [Uint8Array.of(one.length >> 8, one.length & 255), one]);
      this.files.set(bundlePath(number, width), concat(framed));
    }
    const { note, vkey } = signNote(`${ORIGIN}\n${size}\n${toBase64(span(leaves, 0, size))}\n`, ORIGIN, SEED);
    this.vkey = vkey;
    this.files.set("checkpoint", note);
    this.files.set(`checkpoints/${size}`, note);
  }

  /** The receipt that the writer gives for an entry at that size. */
  receipt(index, size = this.entries.length) {
    const leaves = this.entries.slice(0, size).map(leafHash);
    const proof = path(index, 0, size, leaves).map((one) => `${toBase64(one)}\n`);
    const note = new TextDecoder().decode(this.files.get(`checkpoints/${size}`));
    const extra = toBase64(this.entries[index]);
    return `c2sp.org/tlog-proof@v1\nextra ${extra}\nindex ${index}\n${proof.join("")}\n${note}`;
  }

  /** What a browser reads through; every path that was asked for is kept in `asked`. */
  get source() {
    this.asked = [];
    return async (path) => {
      this.asked.push(path);
      if (this.offline) throw new Fault("log_unreachable", { path });
      if (!this.files.has(path)) throw new Fault("file_missing", { path });
      return this.files.get(path);
    };
  }

  flip(path, at = 5) {
    const raw = Uint8Array.from(this.files.get(path));
    raw[at] ^= 1;
    this.files.set(path, raw);
  }
}

function path(index, low, high, leaves) {
  if (high - low === 1) return [];
  let width = 1;
  while (width * 2 < high - low) width *= 2;
  const middle = low + width;
  return index < middle
    ? [...path(index, low, middle, leaves), span(leaves, middle, high)]
    : [...path(index, middle, high, leaves), span(leaves, low, middle)];
}

function span(leaves, low, high) {
  const roots = completeSubtrees(low, high).map(([level, at]) => {
    const tree = new Tree();
    for (const leaf of leaves.slice(at * 2 ** level, (at + 1) * 2 ** level)) tree.push(leaf);
    return tree.root();
  });
  return foldAll(roots) ?? new Tree().root();
}

