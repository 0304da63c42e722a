// SPDX-License-Identifier: Apache-2.0
// «在本页重新计票»: reads the whole public log, counts it here, and compares with the published board.
//
// <section data-recount data-ledger data-vkey data-compare="/c/<slug>/board.json">
//   button[data-go], <progress>, [data-done] (data-text "{done} / {size}"), [data-when="idle|running|paused|offline|
//   sealed|equal|unequal|alone|misfit"], tbody[data-rows] with <template data-row> of [data-counted] [data-shown] [data-same] [data-other], [data-size] [data-ballots] [data-struck]
//   [data-held-back], [data-findings] with data-text "{index} {code}", [data-evidence], [data-code]
// Full bundles never change and are kept by the browser: a page that is opened again reads them from there.

import { compareBoard, labelOf } from "./check.js";
import { showEvidence } from "./evidence.js";
import { Fault, UNPUBLISHED, UNREACHABLE } from "./fault.js";
import { Log, LogRecount } from "./log.js";
import { keepCheckpoint, keptCheckpoint } from "./memory.js";
import { openCheckpoint, parseVkey } from "./note.js";
import { utf8 } from "./bytes.js";
import { overHttp } from "./source.js";
import { fill, show, written } from "./states.js";

const FINDINGS_SHOWN = 20;

class RecountPart {
  constructor(part) {
    this.part = part;
    this.buttons = part.querySelectorAll("[data-go]");
    for (const button of this.buttons) button.addEventListener("click", () => this.press());
    this.counting = null;
    show(part, "idle");
  }

  press() {
    if (this.part.dataset.state === "running") show(this.part, "paused");
    else this.run();
  }

  async run() {
    show(this.part, "running");
    try {
      if (!this.counting) await this.begin();
      const isWhole = await this.counting.run((done, size) => this.showDone(done, size));
      if (isWhole) this.finish();
    } catch (error) {
      this.refuse(error);
    }
  }

  /** Take the published board first, then the very state of the log that it says it was counted from. */
  async begin() {
    const { ledger, vkey, compare } = this.part.dataset;
    const key = parseVkey(vkey);
    const log = new Log(overHttp(ledger), key);
    this.board = await readBoard(compare);
    const mark = this.board.log;
    const newest = await log.newest();
    const kept = keptCheckpoint(key, vkey);
    if (kept) await log.checkGrowth(openCheckpoint(utf8(kept), key), newest);
    const isExact = Boolean(mark?.root);
    const head = isExact && mark.size !== newest.size ? await log.past(mark.size) : newest;
    if (isExact && head.rootText !== mark.root) throw new Fault("board_root_differs");
    await log.checkGrowth(head, newest);
    keepCheckpoint(newest, vkey);
    this.isComparable = isExact && Array.isArray(this.board.rows);
    this.counting = new LogRecount(log, head);
  }

  showDone(done, size) {
    const bar = this.part.querySelector("progress");
    bar.max = size;
    bar.value = done;
    const words = this.part.querySelector("[data-done]");
    words.textContent = fill(words.dataset.text, { done: written(done), size: written(size) });
    return this.part.dataset.state === "running";
  }

  finish() {
    const count = this.counting.count();
    const rows = this.isComparable ? this.board.rows : [];
    const differing = this.isComparable ? compareBoard(count.tally, rows) : [];
    const put = (name, number) => {
      for (const place of this.part.querySelectorAll(`[data-${name}]`)) place.textContent = written(number);
    };
    put("size", count.size);
    put("ballots", count.counted);
    put("struck", count.void);
    put("held-back", count.quarantined);
    if (count.sealed) {
      this.showFindings(count.findings);
      this.counting = null;
      show(this.part, "sealed");
      return;
    }
    this.showRows(count.tally, rows, differing);
    this.showFindings(count.findings);
    const isSameTotal = !this.isComparable || this.board.total === count.counted;
    const isEqual = differing.length === 0 && isSameTotal && count.result !== "differs";
    if (!isEqual) showEvidence(this.part, { code: "board_differs", differing, board: this.board, count });
    this.counting = null; // pressed again, it counts what is published then
    show(this.part, !isEqual ? "unequal" : this.isComparable ? "equal" : "alone");
  }

  showRows(tally, rows, differing) {
    const names = new Map(rows.map((row) => [labelOf(row.key), row]));
    const body = this.part.querySelector("[data-rows]");
    const template = this.part.querySelector("template[data-row]");
    const labels = [...new Set([...Object.keys(tally), ...names.keys()])];
    const counted = (label) => tally[label] ?? 0;
    labels.sort((a, b) => counted(b) - counted(a) || (a < b ? -1 : 1));
    body.replaceChildren(...labels.map((label) => {
      const line = template.content.firstElementChild.cloneNode(true);
      const row = names.get(label);
      line.querySelector("th").textContent = row ? `${Number(label)}. ${row.label}` : label;
      line.querySelector("[data-counted]").textContent = written(counted(label));
      line.querySelector("[data-shown]").textContent = row ? written(row.value) : "–";
      const sign = differing.includes(label) ? "[data-other]" : "[data-same]";
      line.querySelector(sign).hidden = !this.isComparable;
      return line;
    }));
  }

  /** Entries against the rules are in the log and count for nothing, here as on the board. */
  showFindings(findings) {
    const place = this.part.querySelector("[data-findings]");
    place.hidden = findings.length === 0;
    const list = place.querySelector("ul");
    list.replaceChildren(...findings.slice(0, FINDINGS_SHOWN).map(({ index, code }) => {
      const item = document.createElement("li");
      item.textContent = fill(list.dataset.text, { index: written(index), code });
      return item;
    }));
  }

  refuse(error) {
    const code = error instanceof Fault ? error.code : String(error);
    if (code === UNREACHABLE || code === UNPUBLISHED) {
      show(this.part, "offline");
      return;
    }
    const { ledger, vkey } = this.part.dataset;
    showEvidence(this.part, { code, ...error.facts, at: new Date().toISOString(), ledger, vkey, board: this.board });
    for (const place of this.part.querySelectorAll("[data-code]")) place.textContent = code;
    this.counting = null;
    show(this.part, "misfit");
  }
}

async function readBoard(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" }).catch(() => null);
  if (!answer?.ok) throw new Fault(UNREACHABLE);
  return answer.json();
}

for (const part of document.querySelectorAll("[data-recount]")) new RecountPart(part);
