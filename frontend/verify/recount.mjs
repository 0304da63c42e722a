// SPDX-License-Identifier: Apache-2.0
// Recount the log of a vote with node >= 20, on any machine; nothing of ours runs but these files.
//
//   node recount.mjs <folder or address of the log> <vkey>
//
// Prints JSON; the exit code is 0 only if nothing is wrong.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "./fault.js";
import { Log, LogRecount } from "./log.js";
import { parseVkey } from "./note.js";
import { overHttp } from "./source.js";

const fromFolder = (folder) => (path) =>
  readFile(join(folder, path)).then(
    (raw) => new Uint8Array(raw),
    (error) => {
      throw error.code === "ENOENT" ? new Fault("file_missing", { path }) : error;
    },
  );

async function recount(place, vkey) {
  const source = /^https?:/.test(place) ? overHttp(place.replace(/\/$/, "")) : fromFolder(place);
  const log = new Log(source, parseVkey(vkey));
  const counting = new LogRecount(log, await log.newest());
  await counting.run();
  return counting.count();
}

const [place, vkey] = process.argv.slice(2);
if (!place || !vkey) {
  console.error("usage: node recount.mjs <folder or address of the log> <vkey>");
  process.exit(2);
}
let answer;
try {
  answer = await recount(place, vkey);
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  answer = { findings: [{ code: error.code, ...error.facts }] };
}
const ok = answer.findings.length === 0;
console.log(JSON.stringify({ ok, ...answer }));
process.exitCode = ok ? 0 : 1;
