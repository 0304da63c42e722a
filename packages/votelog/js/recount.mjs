// SPDX-License-Identifier: Apache-2.0
//
// Recount a ballot log in another language: node >= 20, no packages, nothing of ours.
//
//   node recount.mjs <folder of the log> <vkey>
//
// Reads every entry, recomputes the tree (RFC 6962 §2.1), compares it with the signed root
// (C2SP signed-note, tlog-checkpoint), and folds the entries (docs/protocol/log-format.md §6).
// Prints JSON; the exit code is 0 only if nothing is wrong.

import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const WIDTH = 256;
const MAX_ENTRY = 2048;
const DAY_MS = 86_400_000;
const LATEST_MS = 253_402_300_800_000 - DAY_MS;

class Fault extends Error {
  constructor(code, facts = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

const sha256 = (...parts) => parts.reduce((h, p) => h.update(p), createHash("sha256")).digest();
const leafHash = (entry) => sha256(Buffer.from([0]), entry);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

// --- signed note and checkpoint ---------------------------------------------------------

function fromBase64(text) {
  const raw = Buffer.from(text, "base64");
  if (raw.toString("base64") !== text) throw new Fault("base64_malformed");
  return raw;
}

function parseVkey(vkey) {
  const [name, id, ...rest] = vkey.split("+");
  const material = fromBase64(rest.join("+"));
  if (material.length !== 33 || material[0] !== 1) throw new Fault("key_type_unknown");
  const keyId = sha256(Buffer.from(`${name}\n`), material).subarray(0, 4);
  if (keyId.toString("hex") !== id) throw new Fault("vkey_id_false");
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), material.subarray(1)]);
  return { name, keyId, key: createPublicKey({ key: spki, format: "der", type: "spki" }) };
}

function openCheckpoint(note, vkey) {
  const cut = note.lastIndexOf("\n\n");
  if (cut < 0) throw new Fault("note_malformed");
  const text = note.subarray(0, cut + 1);
  const { name, keyId, key } = parseVkey(vkey);
  let isSigned = false;
  for (const line of note.subarray(cut + 2).toString("utf8").split("\n").slice(0, -1)) {
    const [dash, signer, coded] = line.split(" ");
    if (dash !== "\u2014") throw new Fault("note_malformed");
    const raw = fromBase64(coded ?? "");
    if (signer !== name || !raw.subarray(0, 4).equals(keyId)) continue;
    if (!verify(null, text, key, raw.subarray(4))) throw new Fault("signature_false");
    isSigned = true;
  }
  if (!isSigned) throw new Fault("signature_missing");
  const [origin, size, root] = text.toString("utf8").split("\n");
  if (origin !== name) throw new Fault("origin_differs");
  return { origin, size: Number(size), root };
}

// --- entries and tree -------------------------------------------------------------------

function bundlePath(number, width) {
  const groups = [String(number % 1000).padStart(3, "0")];
  for (let rest = Math.floor(number / 1000); rest; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return join("tile", "entries", ...groups) + (width === WIDTH ? "" : `.p/${width}`);
}

function readBundle(folder, number, width) {
  let raw;
  try {
    raw = readFileSync(join(folder, bundlePath(number, width)));
  } catch {
    raw = readFileSync(join(folder, bundlePath(number, WIDTH)));
  }
  const entries = [];
  for (let at = 0; entries.length < width; ) {
    if (at + 2 > raw.length) throw new Fault("bundle_truncated");
    const end = at + 2 + raw.readUInt16BE(at);
    if (end > raw.length) throw new Fault("bundle_truncated");
    entries.push(raw.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

class Tree {
  constructor() {
    this.size = 0;
    this.peaks = [];
  }

  push(leaf) {
    this.peaks.push(leaf);
    this.size += 1;
    for (let n = this.size; n % 2 === 0; n /= 2) this.fold(this.peaks);
  }

  root() {
    const peaks = [...this.peaks];
    while (peaks.length > 1) this.fold(peaks);
    return peaks[0] ?? sha256();
  }

  fold(peaks) {
    const right = peaks.pop();
    peaks.push(nodeHash(peaks.pop(), right));
  }
}

// --- canonical JSON ---------------------------------------------------------------------

function canonical(value) {
  if (value === null || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new Fault("entry_not_canonical");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new Fault("entry_not_canonical");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const keys = Object.keys(value).sort();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is meant
  if (keys.some((key) => !/^[\x00-\x7f]*$/.test(key))) throw new Fault("entry_not_canonical");
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

function decode(raw) {
  if (raw.length > MAX_ENTRY) throw new Fault("entry_too_long");
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw));
  } catch {
    throw new Fault("entry_not_canonical");
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new Fault("entry_not_canonical");
  }
  if (canonical(value) !== raw.toString("utf8")) throw new Fault("entry_not_canonical");
  return value;
}

// --- shapes -----------------------------------------------------------------------------

const isText = (v) => typeof v === "string" && v !== "";
const isCount = (v) => Number.isSafeInteger(v) && v >= 0;
const isTime = (v) => isCount(v) && v < LATEST_MS;
const isZone = (v) => Number.isSafeInteger(v) && v >= -840 && v <= 840;
const isObject = (v) => v !== null && typeof v === "object" && !Array.isArray(v);
const matches = (pattern) => (v) => typeof v === "string" && pattern.test(v);
const isHex16 = matches(/^[0-9a-f]{32}$/);
const isHex32 = matches(/^[0-9a-f]{64}$/);
const isDay = matches(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/);
const isLabel = matches(/^[0-9A-Za-z_-]{1,32}$/);
const isLabels = (v) => Array.isArray(v) && v.every(isLabel);
const isTally = (v) => isObject(v) && Object.values(v).every(isCount);

function isRanges(v) {
  if (!Array.isArray(v) || v.length === 0) return false;
  let end = 0;
  for (const one of v) {
    if (!Array.isArray(one) || one.length !== 2 || !one.every(isCount)) return false;
    if (one[0] < end || one[0] >= one[1]) return false;
    end = one[1];
  }
  return true;
}

const MANIFEST = {
  v: (v) => v === 1, campaign: isText, candidates: isLabels, opens: isTime, closes: isTime,
  zone: isZone, ph: isHex32, rules: isHex32, rule: isObject, tag_key: isHex32, policy: isHex32,
  code: isText, screening: isText, appeal: isTime,
};
const RULE = { per: (v) => v === "day" || v === "campaign", min: isCount, max: isCount };
const BALLOT = {
  type: isText, t: isTime, tag: isHex16, day: isDay, n: isHex16, ch: isLabels, ph: isHex32,
};
const ADJUDICATION = { t: isTime, ballots: isRanges, rule: isText, ev: isHex32, by: isText };
const SHAPES = new Map([
  ["quarantine", ADJUDICATION],
  ["release", ADJUDICATION],
  ["void", ADJUDICATION],
  ["restore", ADJUDICATION],
  ["stage", { t: isTime, ph: isHex32, opens: isTime, closes: isTime, by: isText }],
  ["appeal", { t: isTime, ev: isHex32 }],
  ["event", { t: isTime, what: isText }],
  ["close", { t: isTime, size: isCount, tally_code: isHex32 }],
  ["result", { t: isTime, tally: isTally, at: isCount }],
]);

function checkShape(value, shape) {
  for (const [member, fits] of Object.entries(shape)) {
    if (!Object.hasOwn(value, member) || !fits(value[member])) throw new Fault("entry_malformed");
  }
}

function checkManifest(value) {
  checkShape(value, MANIFEST);
  checkShape(value.rule, RULE);
  const { min, max } = value.rule;
  const number = value.candidates.length;
  const isSound =
    new Set(value.candidates).size === number && min <= max && max <= number;
  if (!isSound || value.opens >= value.closes) throw new Fault("entry_malformed");
}

// --- the fold ---------------------------------------------------------------------------

const MOVES = {
  quarantine: { from: ["counted"], to: "quarantined" },
  release: { from: ["quarantined"], to: "counted" },
  void: { from: ["counted", "quarantined"], to: "void" },
  restore: { from: ["void"], to: "counted" },
};

class Recount {
  constructor() {
    this.findings = [];
    this.manifest = null;
    this.tally = new Map();
    this.ballots = new Map(); // by index: { picks, state, rule }
    this.used = new Set();
    this.changedAt = -1;
    this.closedAt = null;
    this.result = "absent";
  }

  add(index, raw) {
    try {
      this.take(index, decode(raw));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.findings.push({ code: error.code, index });
    }
  }

  take(index, value) {
    const kind = value.type;
    if (typeof kind !== "string") throw new Fault("entry_malformed");
    if (index === 0) return this.open(kind, value);
    if (this.manifest === null) return undefined;
    if (kind === "ballot") return this.ballot(index, value);
    if (kind === "manifest") throw new Fault("manifest_repeated");
    if (!SHAPES.has(kind)) throw new Fault("entry_type_unknown");
    checkShape(value, SHAPES.get(kind));
    if (Object.hasOwn(MOVES, kind)) return this.adjudicate(index, MOVES[kind], value);
    if (kind === "close") return this.close(index, value);
    if (kind === "result") return this.compare(index, value);
    if (kind === "stage") {
      this.window = [value.opens, value.closes];
      this.ph = value.ph;
    }
    return undefined;
  }

  open(kind, value) {
    if (kind !== "manifest") throw new Fault("manifest_missing");
    checkManifest(value);
    this.manifest = value;
    this.tally = new Map(value.candidates.map((label) => [label, 0]));
    this.window = [value.opens, value.closes];
    this.ph = value.ph;
  }

  ballot(index, value) {
    if (Object.keys(value).length !== Object.keys(BALLOT).length) throw new Fault("entry_malformed");
    checkShape(value, BALLOT);
    if (this.closedAt !== null) throw new Fault("ballot_after_close");
    if (value.t < this.window[0] || value.t >= this.window[1]) throw new Fault("ballot_outside_time");
    const local = new Date(value.t + this.manifest.zone * 60_000);
    if (value.day !== local.toISOString().slice(0, 10)) throw new Fault("ballot_day_false");
    if (value.ph !== this.ph) throw new Fault("ballot_rules_differ");
    this.checkPicks(value.ch);
    const period = this.manifest.rule.per === "day" ? value.day : "";
    if (this.used.has(`n ${value.n}`)) throw new Fault("nonce_replayed");
    if (this.used.has(`${period} ${value.tag}`)) throw new Fault("tag_repeated");
    this.used.add(`n ${value.n}`).add(`${period} ${value.tag}`);
    this.ballots.set(index, { picks: value.ch, state: "counted", rule: "" });
    this.vote(value.ch, 1);
    this.changedAt = index;
  }

  checkPicks(picks) {
    const { min, max } = this.manifest.rule;
    if (picks.length < min || picks.length > max) throw new Fault("picks_number");
    if (picks.some((pick) => !this.tally.has(pick))) throw new Fault("pick_unknown");
    if (picks.some((pick, at) => at > 0 && picks[at - 1] >= pick)) throw new Fault("picks_order");
  }

  vote(picks, step) {
    for (const pick of picks) this.tally.set(pick, this.tally.get(pick) + step);
  }

  adjudicate(index, move, value) {
    if (value.ballots.at(-1)[1] > index) throw new Fault("ballot_ahead");
    const touched = [];
    for (const [low, high] of value.ballots) {
      for (let at = low; at < high; at += 1) {
        const ballot = this.ballots.get(at);
        if (!move.from.includes(ballot?.state)) throw new Fault("state_wrong");
        touched.push(ballot);
      }
    }
    for (const ballot of touched) {
      this.vote(ballot.picks, (move.to === "counted") - (ballot.state === "counted"));
      ballot.state = move.to;
      ballot.rule = value.rule;
    }
    this.changedAt = index;
  }

  close(index, value) {
    if (this.closedAt !== null) throw new Fault("close_repeated");
    if (value.size !== index) throw new Fault("close_size_false");
    this.closedAt = index;
  }

  compare(index, value) {
    this.result = "differs";
    if (this.closedAt === null) throw new Fault("result_before_close");
    if (value.at <= this.changedAt || value.at > index) throw new Fault("result_stale");
    const labels = Object.keys(value.tally);
    const isEqual =
      labels.length === this.tally.size &&
      labels.every((label) => this.tally.get(label) === value.tally[label]);
    if (!isEqual) throw new Fault("result_differs");
    this.result = "equal";
  }

  count() {
    const number = { counted: 0, quarantined: 0, void: 0 };
    const byRule = {};
    for (const { state, rule } of this.ballots.values()) {
      number[state] += 1;
      if (state === "void") byRule[rule] = (byRule[rule] ?? 0) + 1;
    }
    return {
      campaign: this.manifest?.campaign ?? "",
      tally: Object.fromEntries(this.tally),
      cast: this.ballots.size,
      ...number,
      void_by_rule: byRule,
      closed_at: this.closedAt,
      result: this.result,
    };
  }
}

// --- the command ------------------------------------------------------------------------

function recount(folder, vkey) {
  const head = openCheckpoint(readFileSync(join(folder, "checkpoint")), vkey);
  const tree = new Tree();
  const fold = new Recount();
  for (let first = 0; first < head.size; first += WIDTH) {
    const entries = readBundle(folder, first / WIDTH, Math.min(WIDTH, head.size - first));
    for (const entry of entries) {
      fold.add(tree.size, entry);
      tree.push(leafHash(entry));
    }
  }
  if (tree.root().toString("base64") !== head.root) throw new Fault("head_differs");
  if (head.size === 0) fold.findings.push({ code: "manifest_missing", index: 0 });
  return { ...head, ...fold.count(), findings: fold.findings };
}

const [folder, vkey] = process.argv.slice(2);
if (!folder || !vkey) {
  console.error("usage: node recount.mjs <folder of the log> <vkey>");
  process.exit(2);
}
let answer;
try {
  answer = recount(folder, vkey);
} catch (error) {
  if (!(error instanceof Fault) && error.code !== "ENOENT") throw error;
  answer = { findings: [{ code: error.code === "ENOENT" ? "file_missing" : error.code }] };
}
const ok = answer.findings.length === 0;
console.log(JSON.stringify({ ok, ...answer }));
process.exit(ok ? 0 : 1);
