// SPDX-License-Identifier: Apache-2.0
// The published vectors (docs/protocol/vectors) hold here as they hold in Python.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fromHex, isEqual, toHex, utf8 } from "../bytes.js";
import { decodeCanonical, encodeCanonical } from "../canonical.js";
import { openCheckpoint, parseVkey, signNote } from "../note.js";
import { openReceipt } from "../receipt.js";
import { Recount } from "../recount.js";
import { bundlePath, splitBundle, tilePath, tileWidth } from "../tiles.js";
import { leafHash, Tree, verifyConsistency, verifyInclusion } from "../tree.js";

const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../../../docs/protocol/vectors/${name}.json`, import.meta.url), "utf8"));

function codeOf(call) {
  try {
    call();
  } catch (error) {
    return error.code ?? String(error);
  }
  return "";
}

test("trees grow to the published roots and their proofs hold", () => {
  const { entries, roots, inclusion, consistency } = vectors("tree");
  const leaves = entries.map((one) => leafHash(fromHex(one)));
  const heads = roots.map(fromHex);
  const tree = new Tree();
  assert.equal(toHex(tree.root()), roots[0]);
  for (const [at, leaf] of leaves.entries()) {
    tree.push(leaf);
    assert.equal(toHex(tree.root()), roots[at + 1]);
  }
  for (const { index, size, proof } of inclusion) {
    verifyInclusion(leaves[index], index, size, proof.map(fromHex), heads[size]);
  }
  for (const { old, new: after, proof } of consistency) {
    verifyConsistency(old, after, proof.map(fromHex), heads[old], heads[after]);
  }
});

test("no flipped bit, missing hash or surplus hash of a proof is believed", () => {
  const { entries, roots, inclusion, consistency } = vectors("tree");
  const leaves = entries.map((one) => leafHash(fromHex(one)));
  const heads = roots.map(fromHex);
  for (const { index, size, proof } of inclusion) {
    for (const broken of spoilt(proof.map(fromHex))) {
      assert.throws(() => verifyInclusion(leaves[index], index, size, broken, heads[size]));
    }
  }
  for (const { old, new: after, proof } of consistency) {
    for (const broken of spoilt(proof.map(fromHex))) {
      assert.throws(() => verifyConsistency(old, after, broken, heads[old], heads[after]));
    }
  }
});

function* spoilt(proof) {
  yield [...proof, new Uint8Array(32)];
  for (const [at, hash] of proof.entries()) {
    yield proof.filter((_, other) => other !== at);
    for (const bit of [0, 77, 255]) {
      const flipped = Uint8Array.from(hash);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      yield proof.map((one, other) => (other === at ? flipped : one));
    }
  }
}

test("checkpoints are opened and refused as published", () => {
  const { log, witness, checkpoint, cosigned, refused } = vectors("checkpoint");
  const keys = [parseVkey(log.vkey), [parseVkey(witness.vkey)]];
  assert.equal(openCheckpoint(utf8(checkpoint), ...keys).size, 8);
  assert.deepEqual(openCheckpoint(utf8(cosigned), ...keys).witnesses, ["witness.example/w1"]);
  const known = refused.filter((one) => one.code !== "quorum_missing"); // policies are not read here
  assert.ok(known.length >= 5);
  for (const { why, note, code } of known) {
    assert.equal(codeOf(() => openCheckpoint(utf8(note), ...keys)), code, why);
  }
});

test("every flipped bit of a checkpoint is noticed", () => {
  const { log, checkpoint } = vectors("checkpoint");
  const key = parseVkey(log.vkey);
  const note = utf8(checkpoint);
  for (let bit = 0; bit < note.length * 8; bit += 1) {
    const flipped = Uint8Array.from(note);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    assert.notEqual(codeOf(() => openCheckpoint(flipped, key)), "", `bit ${bit}`);
  }
});

test("keys are what they say they are", () => {
  const { log } = vectors("checkpoint");
  const { note, vkey } = signNote("x/y\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "x/y", fromHex(log.seed));
  assert.equal(openCheckpoint(note, parseVkey(vkey)).size, 0);
  assert.equal(codeOf(() => parseVkey(vkey.replace("x/y", "x/z"))), "vkey_id_false");
  assert.equal(codeOf(() => parseVkey("x/y")), "vkey_malformed");
  assert.equal(codeOf(() => openCheckpoint(note, parseVkey(log.vkey))), "signature_missing");
});

test("receipts are opened and refused as published", () => {
  const { vkey, receipt, index, entry, refused } = vectors("receipt");
  const key = parseVkey(vkey);
  const opened = openReceipt(receipt, key);
  assert.equal(opened.index, index);
  assert.ok(isEqual(opened.entry, fromHex(entry)));
  for (const { why, receipt: text, code } of refused) assert.equal(codeOf(() => openReceipt(text, key)), code, why);
});

test("tiles and bundles lie where they should", () => {
  const { paths, spans, bundle } = vectors("tiles");
  for (const { level, number, width, tile, bundle: path } of paths) {
    assert.equal(tilePath(level, number, width), tile);
    assert.equal(bundlePath(number, width), path);
  }
  for (const { size, levels } of spans) {
    for (const [level, full, partial] of levels) {
      assert.equal(tileWidth(level, full, size), partial);
      if (full > 0) assert.equal(tileWidth(level, full - 1, size), 256);
    }
  }
  const raw = fromHex(bundle.bytes);
  const width = bundle.entries.length;
  assert.deepEqual(splitBundle(raw, width, width, "x").map(toHex), bundle.entries);
  assert.deepEqual(splitBundle(raw, 3, width, "x").map(toHex), bundle.entries.slice(0, 3));
  assert.equal(codeOf(() => splitBundle(raw.subarray(1), width, width, "x")), "bundle_truncated");
  assert.equal(codeOf(() => splitBundle(raw, width - 1, width - 1, "x")), "bundle_too_long");
});

test("canonical JSON has one spelling", () => {
  const { accepted, refused } = vectors("canonical");
  for (const { value, text } of accepted) {
    assert.equal(encodeCanonical(value), text);
    assert.deepEqual(decodeCanonical(utf8(text)), value);
  }
  for (const { text, code } of refused) assert.equal(codeOf(() => decodeCanonical(utf8(text))), code, text);
});

test("the fold counts and names what Python counts and names", () => {
  for (const { why, entries, tally, counted, quarantined, void: struck, result, findings } of vectors("recount").cases) {
    const fold = new Recount();
    for (const [index, entry] of entries.entries()) fold.add(index, utf8(entry));
    const count = fold.count();
    assert.deepEqual(fold.findings, findings, why);
    assert.deepEqual(count.tally, tally, why);
    assert.deepEqual(
      [count.counted, count.quarantined, count.void, count.result],
      [counted, quarantined, struck, result],
      why,
    );
  }
});
