// SPDX-License-Identifier: Apache-2.0
// Evidence, checked in the browser without network (votelog/_evidence_check.py does the same, written apart).

import { fromUtf8, isEqual, sha256, toHex } from "./bytes.js";
import { decodeCanonical } from "./canonical.js";
import { Fault } from "./fault.js";
import { Log, LogRecount } from "./log.js";
import { openCheckpoint, parseVkey } from "./note.js";
import { openReceipt } from "./receipt.js";

const FORMAT = "minyi-evidence/1";
const INDEX = "bundle.json";

/**
 * Check an archive against `vkey` (empty: its own). `onward(part, done, size)` is called as it goes.
 * Returns {head, count, names, acts, witnesses, quorum, findings}. Where the log cannot be counted, head is null;
 * where not even the files can be told apart, a Fault is thrown.
 */
export async function checkEvidence(archive, vkey, onward = () => {}) {
  const index = readIndex(await archive.read(INDEX));
  const key = parseVkey(index.vkey);
  if (vkey && vkey.trim() !== index.vkey) throw new Fault("key_differs");
  const findings = await checkFiles(archive, index.files, onward);
  try {
    return { ...(await checkLog(archive, index, key, findings, onward)), findings };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    findings.push({ code: error.code, ...error.facts });
    return { head: null, findings };
  }
}

async function checkLog(archive, index, key, findings, onward) {
  const read = (path) => archive.read(path);
  const policy = parsePolicy(fromUtf8(await read("policy")));
  const head = openCheckpoint(await read("log/checkpoint"), key, [...policy.witnesses.values()]);
  for (const member of ["origin", "size"]) if (index[member] !== head[member]) findings.push({ code: "index_differs", path: INDEX });
  if (index.root !== head.rootText) findings.push({ code: "index_differs", path: INDEX });
  const acts = [];
  const counting = new LogRecount(new Log((path) => archive.read(`log/${path}`), key), head);
  await keepActs(counting, acts, (done) => onward("entries", done, head.size));
  const count = counting.count();
  findings.push(...count.findings);
  findings.push(...(await checkPromises(read, index, acts)), ...(await checkProofs(read, key, acts)));
  const seen = new Set(head.witnesses);
  const witnesses = [...policy.witnesses].map(([label, one]) => ({ ...one, organisation: policy.organisations.get(label), hasSeen: seen.has(one.name) }));
  return { head, vkey: index.vkey, count, names: await readNames(read), acts, witnesses, quorum: policy.threshold };
}

/** Count, and keep every entry that is no ballot with its place. */
async function keepActs(counting, acts, onward) {
  const take = counting.fold.add.bind(counting.fold);
  counting.fold.add = (index, raw) => {
    const entry = attempt(() => decodeCanonical(raw));
    if (entry?.type !== "ballot") acts.push({ index, raw: Uint8Array.from(raw), entry });
    take(index, raw);
  };
  await counting.run(onward);
}

function readIndex(raw) {
  const index = attempt(() => JSON.parse(fromUtf8(raw)));
  const isWhole = index?.format === FORMAT && typeof index.vkey === "string" && typeof index.files === "object";
  if (!isWhole || index.files === null) throw new Fault("index_malformed", { path: INDEX });
  return index;
}

async function checkFiles(archive, listed, onward) {
  const findings = [];
  const present = new Set(archive.paths);
  present.delete(INDEX);
  for (const path of present) if (!Object.hasOwn(listed, path)) findings.push({ code: "stray_file", path });
  const paths = Object.keys(listed);
  for (const [done, path] of paths.entries()) {
    if (!present.has(path)) findings.push({ code: "file_missing", path });
    else if ((await digestOf(await archive.read(path))) !== listed[path]) findings.push({ code: "file_changed", path });
    onward("files", done + 1, paths.length);
  }
  return findings;
}

/** The browser's own SHA-256 is faster; where a page may not use it, ours. */
async function digestOf(bytes) {
  const subtle = globalThis.crypto?.subtle;
  return toHex(subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : sha256(bytes));
}

/** What lies beside the log must be what entry 0 promised, and the list of acts what the log says. */
async function checkPromises(read, index, acts) {
  const findings = [];
  const broken = (path) => findings.push({ code: "promise_broken", path });
  const manifest = acts[0]?.index === 0 ? acts[0].entry : null;
  for (const name of ["rules", "policy"]) if (toHex(sha256(await read(name))) !== manifest?.[name]) broken(name);
  if (fromUtf8(await read("vkey")).trim() !== index.vkey) broken("vkey");
  const text = fromUtf8(await read("decisions.json"));
  const listed = attempt(() => JSON.parse(text));
  const said = acts.map(({ index: at, entry }) => ({ entry, index: at }));
  if (JSON.stringify(listed) !== JSON.stringify(said)) broken("decisions.json");
  return findings;
}

async function checkProofs(read, key, acts) {
  const findings = [];
  for (const { index, raw, entry } of acts) {
    const kind = /^[a-z]+$/i.test(String(entry?.type)) ? entry.type : "entry";
    const path = `proofs/${index}-${kind}.tlog-proof`;
    try {
      const proven = openReceipt(fromUtf8(await read(path)), key);
      if (proven.index !== index || !isEqual(proven.entry, raw)) throw new Fault("entry_differs");
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      findings.push({ code: error.code === "file_missing" ? error.code : "evidence_proof_false", path });
    }
  }
  return findings;
}

/** Labels and names of the candidates, fixed in the rules. */
async function readNames(read) {
  const text = fromUtf8(await read("rules"));
  return attempt(() => JSON.parse(text))?.candidates ?? {};
}

/** The part of tlog-policy that our policies use: witnesses, one group, one quorum. */
export function parsePolicy(text) {
  const witnesses = new Map();
  const organisations = new Map();
  let [threshold, comment] = [0, ""];
  for (const row of text.split("\n")) {
    const words = row.split(" ").filter(Boolean);
    if (words[0] === "witness" && words.length >= 3) {
      witnesses.set(words[1], parseVkey(words[2]));
      organisations.set(words[1], comment);
    }
    if (words[0] === "group") threshold = { all: words.length - 3, any: 1 }[words[2]] ?? Number(words[2]);
    comment = words[0] === "#" ? row.slice(2) : "";
  }
  return { witnesses, organisations, threshold };
}

function attempt(call) {
  try {
    return call();
  } catch {
    return null;
  }
}
