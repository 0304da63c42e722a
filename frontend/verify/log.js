// SPDX-License-Identifier: Apache-2.0
// Reading a log through a `source`, an async function path -> bytes, and proving what it says up to the signed root.

import { isEqual } from "./bytes.js";
import { Fault, UNPUBLISHED } from "./fault.js";
import { openCheckpoint } from "./note.js";
import { Recount } from "./recount.js";
import { completeSubtrees, consistencySpans, foldAll, leafHash, Tree, verifyConsistency } from "./tree.js";
import { bundlePath, HEIGHT, splitBundle, splitTile, tilePath, tileWidth, WIDTH } from "./tiles.js";

const AHEAD = 4; // bundles asked for while one is being counted

export class Log {
  constructor(source, key) {
    this.source = source;
    this.key = key;
    this.tiles = new Map();
  }

  /** Return the newest checkpoint, signed by the log. */
  async newest() {
    try {
      return openCheckpoint(await this.source("checkpoint"), this.key);
    } catch (error) {
      throw error.code === "file_missing" ? new Fault(UNPUBLISHED) : error;
    }
  }

  /** Return the checkpoint that was published at that size. */
  async past(size) {
    const head = openCheckpoint(await this.source(`checkpoints/${size}`), this.key);
    if (head.size !== size) throw new Fault("past_checkpoint_misplaced");
    return head;
  }

  /** Check that of two heads that the log has signed, the larger contains the smaller. */
  async checkGrowth(one, other) {
    const [before, after] = one.size <= other.size ? [one, other] : [other, one];
    if (before.size === after.size) {
      if (!isEqual(before.root, after.root)) throw new Fault("two_histories");
      return;
    }
    const proof = [];
    for (const span of consistencySpans(before.size, after.size)) proof.push(await this.spanRoot(span, after.size));
    try {
      verifyConsistency(before.size, after.size, proof, before.root, after.root);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // Either these files are not what the log signed, or it has signed two histories.
      await this.blameTile(after);
      throw new Fault("two_histories");
    }
  }

  /** Name a tile that has been read and does not fit the tile above it, or all of them the signed root. */
  async blameTile(head) {
    for (const [level, number, width] of [...this.tiles.keys()].map((name) => name.split("/").map(Number))) {
      if (width < WIDTH) continue;
      const above = await this.tile(level + 1, Math.floor(number / WIDTH), head.size);
      const root = foldAll(subtree(await this.tile(level, number, head.size)));
      if (!isEqual(above[number % WIDTH], root)) throw new Fault("tile_changed", { path: tilePath(level, number) });
    }
    const root = await this.spanRoot([0, head.size], head.size);
    if (!isEqual(root, head.root)) throw new Fault("tile_changed");
  }

  /** Check that the public bundle has this very entry at its place. */
  async checkEntry(index, entry, head) {
    const number = Math.floor(index / WIDTH);
    const entries = await this.bundle(number, head.size);
    if (!isEqual(entries[index % WIDTH], entry)) throw new Fault("entry_changed", { index, path: bundlePath(number) });
  }

  /** Return the entries of a bundle in the log of `size`; they are not proven. */
  async bundle(number, size) {
    const width = tileWidth(0, number, size);
    const { raw, whole, path } = await this.widest(bundlePath, number, width);
    return splitBundle(raw, width, whole, path);
  }

  /** A partial file may have given way to the full one, which begins alike. */
  async widest(pathOf, number, width) {
    try {
      const path = pathOf(number, width);
      return { raw: await this.source(path), whole: width, path };
    } catch (error) {
      if (error.code !== "file_missing" || width === WIDTH) throw error;
      const path = pathOf(number, WIDTH);
      return { raw: await this.source(path), whole: WIDTH, path };
    }
  }

  async spanRoot([low, high], size) {
    const roots = [];
    for (const [level, index] of completeSubtrees(low, high)) roots.push(await this.node(level, index, size));
    return foldAll(roots);
  }

  /** The root of a complete subtree, from the hashes of one tile. */
  async node(level, index, size) {
    const row = Math.floor(level / HEIGHT);
    const width = 2 ** (level - row * HEIGHT);
    const number = Math.floor((index * width) / WIDTH);
    const at = index * width - number * WIDTH;
    const hashes = await this.tile(row, number, size);
    return foldAll(subtree(hashes.slice(at, at + width)));
  }

  async tile(level, number, size) {
    const width = tileWidth(level, number, size);
    const name = `${level}/${number}/${width}`;
    if (!this.tiles.has(name)) {
      const pathOf = (place, wide) => tilePath(level, place, wide);
      const { raw, path } = await this.widest(pathOf, number, width);
      this.tiles.set(name, splitTile(raw, width, path));
    }
    return this.tiles.get(name);
  }
}

function subtree(hashes) {
  const tree = new Tree();
  for (const hash of hashes) tree.push(hash);
  return tree.peaks;
}

/** A recount of the log under `head`, which may be stopped at any bundle and goes on where it stopped. */
export class LogRecount {
  constructor(log, head) {
    this.log = log;
    this.head = head;
    this.tree = new Tree();
    this.fold = new Recount();
    this.under = new Map(); // bundles on their way, by number
  }

  get done() {
    return this.tree.size;
  }

  /** Take every bundle in that is missing; `onward(done, size)` is called after each, false stops. */
  async run(onward = () => true) {
    const { size } = this.head;
    while (this.tree.size < size) {
      const number = Math.floor(this.tree.size / WIDTH);
      this.askAhead(number, Math.ceil(size / WIDTH));
      let entries;
      try {
        entries = await this.under.get(number);
      } catch (error) {
        this.under.clear(); // what has failed is asked for again
        throw error;
      }
      this.under.delete(number);
      for (const entry of entries) {
        this.fold.add(this.tree.size, entry);
        this.tree.push(leafHash(entry));
      }
      if (onward(this.tree.size, size) === false) return false;
    }
    if (!isEqual(this.tree.root(), this.head.root)) throw new Fault("head_differs");
    return true;
  }

  askAhead(number, end) {
    for (let next = number; next < Math.min(number + AHEAD, end); next += 1) {
      if (this.under.has(next)) continue;
      const asked = this.log.bundle(next, this.head.size);
      asked.catch(() => {}); // it is awaited in its turn
      this.under.set(next, asked);
    }
  }

  count() {
    const { origin, size, rootText } = this.head;
    const findings = size === 0 ? [{ code: "manifest_missing", index: 0 }] : this.fold.findings;
    return { origin, size, root: rootText, ...this.fold.count(), findings };
  }
}
