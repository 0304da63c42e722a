// SPDX-License-Identifier: Apache-2.0
// What a voter's browser says of honest logs, and of every lie about one.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { concat, utf8 } from "../bytes.js";
import { encodeCanonical } from "../canonical.js";
import { checkReceipt, compareBoard } from "../check.js";
import { Log, LogRecount } from "../log.js";
import { parseVkey } from "../note.js";
import { openOwn } from "../check.js";
import { originOfReceipt } from "../receipt.js";
import { ballot, GivenLog, manifest } from "./given.js";

const text = (bytes) => new TextDecoder().decode(bytes);
const logOf = (given) => new Log(given.source, parseVkey(given.vkey));
const held = (number) => ({ nonce: ballot(number).n, picks: number % 2 ? [3, 1] : [2] });

const refused = (given, code, asked) => assert.rejects(checkReceipt({ log: logOf(given), ...asked }), { code });

test("a receipt is verified under the head it came with, and under every later one", async () => {
  for (const size of [2, 3, 255, 256, 257, 300, 513, 700]) {
    const given = new GivenLog(700);
    given.publish(size);
    given.publish(given.entries.length);
    const proof = given.receipt(1, size);
    const found = await checkReceipt({ proof, held: held(1), log: logOf(given), thorough: true });
    assert.deepEqual([found.index, found.head.size, found.newest.size], [1, size, 701]);
    assert.deepEqual(found.ballot.ch, ["001", "003"]);
  }
});

test("a receipt names its log when it is all there, and no other when it is not", () => {
  const given = new GivenLog(40);
  const proof = given.receipt(7);
  assert.equal(originOfReceipt(proof), parseVkey(given.vkey).name);
  const lines = proof.split("\n");
  const parts = [lines.slice(1), lines.slice(0, -2), lines.slice(0, 6), lines.toSpliced(1, 1), ["随便写的"], [""]];
  for (const part of parts) assert.equal(originOfReceipt(part.join("\n")), null);
});

test("right after the vote one file is read, so that a crowd of voters costs little", async () => {
  const given = new GivenLog(40);
  await checkReceipt({ proof: given.receipt(7), held: held(7), log: logOf(given) });
  assert.deepEqual(given.asked, ["checkpoint"]);
});

test("a partial tile that has given way to the full one is read there", async () => {
  const given = new GivenLog(600);
  given.publish(300);
  const proof = given.receipt(5, 300);
  given.publish(601);
  given.publish(300);
  given.files.delete("tile/entries/001.p/44");
  given.files.delete("tile/0/001.p/44");
  await checkReceipt({ proof, log: logOf(given), thorough: true });
  await new LogRecount(logOf(given), await logOf(given).newest()).run();
});

test("a flipped bit anywhere in a receipt is noticed", async () => {
  const given = new GivenLog(20);
  const proof = given.receipt(9);
  for (let at = 0; at < proof.length; at += 1) {
    const flipped = proof.slice(0, at) + String.fromCharCode(proof.charCodeAt(at) ^ 1) + proof.slice(at + 1);
    await assert.rejects(checkReceipt({ proof: flipped, log: logOf(given) }), (error) => Boolean(error.code), `place ${at}`);
  }
});

test("a receipt of another key is refused", async () => {
  const given = new GivenLog(20);
  const stranger = new GivenLog(20);
  const other = given.vkey.replace("given+", "other+");
  await assert.rejects(async () => parseVkey(other), { code: "vkey_id_false" });
  stranger.vkey = "vote.example/c/vectors+66a2ed77+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
  await refused(stranger, "signature_missing", { proof: given.receipt(3) });
});

test("the ballot of somebody else is refused", async () => {
  const given = new GivenLog(20);
  await refused(given, "other_ballot", { proof: given.receipt(4), held: held(3) });
  await refused(given, "other_ballot", { proof: given.receipt(3), held: { ...held(3), picks: [1, 2] } });
  await refused(given, "other_ballot", { proof: given.receipt(3), held: { ...held(3), picks: [1] } });
  await refused(given, "other_ballot", { proof: given.receipt(0) });
});

test("a log that has gone back is refused", async () => {
  const given = new GivenLog(300);
  const proof = given.receipt(10);
  given.publish(200);
  await refused(given, "rolled_back", { proof });
});

test("a log that has gone back behind what this browser saw is refused", async () => {
  const given = new GivenLog(300);
  given.publish(100);
  const proof = given.receipt(10, 100);
  given.publish(301);
  const kept = text(given.files.get("checkpoint"));
  given.publish(200);
  await refused(given, "rolled_back", { proof, kept });
  await checkReceipt({ proof, log: logOf(given) }); // without memory nobody can tell
});

test("two histories are refused, at the same size and at different ones", async () => {
  const honest = new GivenLog(300);
  const entries = [manifest(), ...Array.from({ length: 300 }, (_, at) => ballot(at + 1))];
  entries[20] = ballot(20, { ch: ["001"] });
  const forked = new GivenLog(0, entries);
  await refused(forked, "two_histories", { proof: honest.receipt(10) });
  honest.publish(100);
  await refused(forked, "two_histories", { proof: honest.receipt(10, 100) });
  const kept = text(honest.files.get("checkpoint"));
  await refused(forked, "two_histories", { proof: forked.receipt(10), kept });
});

test("a tile that has been tampered with is named", async () => {
  for (const [path, size] of [["tile/0/000", 100], ["tile/0/001.p/45", 100], ["tile/1/000.p/1", 257]]) {
    const given = new GivenLog(300);
    given.publish(size);
    const proof = given.receipt(10, size);
    given.publish(301);
    for (let at = 0; at < given.files.get(path).length; at += 32) given.flip(path, at);
    await refused(given, "tile_changed", { proof });
  }
});

test("a public bundle with another ballot in this place is named, on a later visit", async () => {
  const given = new GivenLog(50);
  const proof = given.receipt(10);
  const path = "tile/entries/000.p/51";
  const forged = [...given.entries];
  forged[10] = utf8(encodeCanonical(ballot(10, { ch: ["003"] })));
  given.files.set(path, concat(forged.flatMap((one) => [Uint8Array.of(one.length >> 8, one.length & 255), one])));
  await refused(given, "entry_changed", { proof, thorough: true });
});

test("no network is told apart from a log that does not fit, and from one that is not open yet", async () => {
  const given = new GivenLog(20);
  const proof = given.receipt(3);
  given.offline = true;
  await refused(given, "log_unreachable", { proof });
  given.offline = false;
  given.files.delete("checkpoint");
  await refused(given, "log_unpublished", { proof });
});

test("a recount can be interrupted at every bundle and goes on where it stopped", async () => {
  const given = new GivenLog(1000);
  const log = logOf(given);
  const counting = new LogRecount(log, await log.newest());
  const steps = [];
  while (!(await counting.run((done) => (steps.push(done), false))) && counting.done < 1001);
  assert.equal(await counting.run(), true);
  assert.deepEqual(steps, [256, 512, 768, 1001]);
  assert.deepEqual(counting.count().tally, { "001": 500, "002": 500, "003": 500 });
});

test("a recount that loses the network goes on when it is back", async () => {
  const given = new GivenLog(1000);
  const log = logOf(given);
  const counting = new LogRecount(log, await log.newest());
  await assert.rejects(
    counting.run(() => {
      given.offline = true;
      counting.under.clear();
    }),
    { code: "log_unreachable" },
  );
  given.offline = false;
  assert.equal(await counting.run(), true);
  assert.equal(counting.count().counted, 1000);
});

test("a recount of bundles that the log has not signed says so", async () => {
  const given = new GivenLog(600);
  given.flip("tile/entries/001", 60);
  const log = logOf(given);
  await assert.rejects(new LogRecount(log, await log.newest()).run(), { code: "head_differs" });
});

test("a board is compared label by label", () => {
  const rows = [{ key: "1", value: 5 }, { key: "2", value: 0 }];
  assert.deepEqual(compareBoard({ "001": 5, "002": 0, "003": 0 }, rows), []);
  assert.deepEqual(compareBoard({ "001": 4, "002": 0, "003": 1 }, rows), ["001", "003"]);
});

// --- Sealed choices: the published vectors, as a log ---------------------------------------------

const sealedVote = () => {
  const cases = JSON.parse(readFileSync(new URL("../../../docs/protocol/vectors/recount.json", import.meta.url))).cases;
  const entries = cases.find((one) => one.why === "a sealed vote, opened").entries.map((one) => JSON.parse(one));
  return { given: new GivenLog(0, entries), entries, openedKey: entries.find((one) => one.type === "key").key };
};

test("a sealed ballot is verified at once, and its choice when the key is published", async () => {
  const { given, entries, openedKey } = sealedVote();
  const log = logOf(given);
  const mine = { nonce: entries[1].n, picks: [2, 7] };
  const found = await checkReceipt({ proof: given.receipt(1), held: mine, log });
  assert.equal(found.ballot.ch, undefined);
  assert.deepEqual(await openOwn({ ...found, held: { nonce: mine.nonce }, openedKey, log }), ["02", "07"]);
});

test("a choice that is opened to something else than was cast is noticed", async () => {
  const { given, entries, openedKey } = sealedVote();
  const log = logOf(given);
  const found = await checkReceipt({ proof: given.receipt(1), log });
  const held = { nonce: entries[1].n, picks: [12] };
  await assert.rejects(openOwn({ ...found, held, openedKey, log }), { code: "other_ballot" });
  await assert.rejects(openOwn({ ...found, openedKey: "11".repeat(32), log }), { code: "key_false" });
  const other = { ...found.ballot, tag: entries[2].tag };
  await assert.rejects(openOwn({ ...found, ballot: other, openedKey, log }), { code: "choice_copied" });
});

test("a manifest that is not the log's own is not believed", async () => {
  const { given, openedKey } = sealedVote();
  const log = logOf(given);
  const found = await checkReceipt({ proof: given.receipt(1), log });
  given.flip([...given.files.keys()].find((path) => path.startsWith("tile/entries/000")), 40);
  await assert.rejects(openOwn({ ...found, openedKey, log: logOf(given) }), (error) => Boolean(error.code));
});
