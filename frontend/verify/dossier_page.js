// SPDX-License-Identifier: Apache-2.0
// The page in an archive of evidence: it runs from a disk, asks no network, and all its words are in dossier.html.

import { openArchive } from "./archive.js";
import { checkEvidence } from "./dossier.js";
import { Fault } from "./fault.js";
import { fill, show, written } from "./states.js";

const SHOWN = 50;
const page = document.querySelector("main");
const words = JSON.parse(document.getElementById("words").textContent);
const part = (name) => page.querySelector(`[data-part="${name}"]`);

page.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
show(page, "idle");

async function check() {
  const file = page.querySelector("input[type=file]").files[0];
  if (!file) {
    show(page, "empty");
    return;
  }
  show(page, "running");
  part("findings").replaceChildren();
  try {
    const checked = await checkEvidence(await openArchive(file), page.querySelector("#vkey").value, showProgress);
    showFindings(checked.findings);
    if (checked.head) showChecked(checked);
    else show(page, "broken");
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    showFindings([{ code: error.code, ...error.facts }]);
    show(page, "broken");
  }
}

let shownAt = 0;
function showProgress(name, done, size) {
  const now = performance.now();
  if (done < size && now - shownAt < 100) return;
  shownAt = now;
  const bar = page.querySelector("progress");
  [bar.max, bar.value] = [size, done];
  part("progress").textContent = fill(words.progress[name], { done: written(done), size: written(size) });
}

function showChecked({ head, vkey, count, names, acts, witnesses, quorum, findings }) {
  const facts = { origin: head.origin, size: written(head.size), root: head.rootText, vkey };
  const sums = { counted: written(count.counted), void: written(count.void), quarantined: written(count.quarantined) };
  for (const [name, value] of Object.entries({ ...facts, ...sums })) part(name).textContent = value;
  part("result").textContent = words.result[count.result] ?? count.result;
  const labels = Object.keys(count.tally).sort((a, b) => count.tally[b] - count.tally[a] || (a < b ? -1 : 1));
  part("sealed").hidden = !count.sealed;
  part("counted-rows").hidden = count.sealed;
  fillRows("tally", labels.map((label) => [`${label} ${names[label] ?? ""}`, written(count.tally[label])]));
  fillRows("acts", acts.map(({ index, entry }) => [written(index), words.kinds[entry?.type] ?? String(entry?.type), momentOf(entry), detailOf(entry)]));
  fillRows("witnesses", witnesses.map((one) => [one.organisation || one.name, one.hasSeen ? words.seen : words.unseen]));
  const seen = witnesses.filter((one) => one.hasSeen).length;
  const isEnough = witnesses.length > 0 && seen >= quorum;
  const said = witnesses.length === 0 ? words.witnesses.none : isEnough ? words.witnesses.enough : words.witnesses.few;
  part("witnessed").textContent = fill(said, { seen, of: witnesses.length, quorum });
  const isKeyKnown = Boolean(page.querySelector("#vkey").value.trim());
  part("key").textContent = isKeyKnown ? words.key.known : words.key.own;
  const isGood = findings.length === 0 && count.result !== "differs";
  show(page, isGood ? "good" : "bad");
}

function showFindings(findings) {
  part("findings").replaceChildren(...findings.slice(0, SHOWN).map(({ code, path, index }) => {
    const item = document.createElement("li");
    const place = [path, index === undefined ? "" : fill(words.entry, { index: written(index) })].filter(Boolean).join(" ");
    const says = words.findings[code] ?? words.findings.other;
    item.textContent = fill(place ? words.findingAt : words.finding, { place, says, code });
    return item;
  }));
}

function fillRows(name, rows) {
  part(name).replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((text, at) => {
      const cell = document.createElement(at === 0 ? "th" : "td");
      if (at === 0) cell.scope = "row";
      cell.textContent = text;
      return cell;
    }));
    return row;
  }));
}

const moment = new Intl.DateTimeFormat("zh-CN", { dateStyle: "long", timeStyle: "medium", timeZone: "Asia/Shanghai" });
const momentOf = (entry) => (typeof entry?.t === "number" ? moment.format(entry.t) : "");

/** What an act says that people read; all of it stands in decisions.json. */
function detailOf(entry) {
  const isEvent = entry?.type === "event";
  const names = isEvent ? words.ofEvents : words.members;
  const told = Object.keys(names).filter((name) => entry?.[name] !== undefined);
  const said = told.map((name) => fill(words.member, { name: names[name], value: valueOf(name, entry[name], isEvent) }));
  return [...(isEvent ? [words.events[entry.what] ?? String(entry.what)] : []), ...said].join(words.between);
}

function valueOf(name, value, isOfEvent) {
  if (!isOfEvent && ["opens", "closes", "appeal", "hour"].includes(name)) return moment.format(value);
  if (name === "ballots" && Array.isArray(value)) return value.map(rangeOf).join(words.comma);
  if (name === "tally" && typeof value === "object") return Object.entries(value).map(([label, votes]) => `${label} ${written(votes)}`).join(words.comma);
  if (name === "rule" && typeof value === "object") return fill(words.rule[value.per] ?? "", value);
  if (name === "rule") return String(value).split("|").map((code) => words.rules[code] ?? code).join(words.also);
  if (name === "cosignatures" && Array.isArray(value)) return fill(words.pieces, { count: written(value.length) });
  if (name === "by") return words.by[value] ?? String(value);
  return typeof value === "number" ? written(value) : String(value);
}

/** Ranges in the log are half-open. */
function rangeOf(range) {
  if (!Array.isArray(range)) return String(range);
  return range[1] - range[0] === 1 ? written(range[0]) : `${written(range[0])}–${written(range[1] - 1)}`;
}
