// SPDX-License-Identifier: Apache-2.0
// The receipt page checks the voter's own ballot by itself, and again on every later visit.
//
// <section data-check="<receipt>" data-ledger="/ledger/<folder>" data-vkey>
//   [data-when="checking|verified|offline|later|misfit"] the one line; [data-evidence];
//   data-opened-key: the key of sealed choices, once it is in the log; [data-choice="sealed|opened|same"] what
//   holds for this ballot («same»: as this browser has kept it), with [data-opened-picks] (data-text "{number} 号", data-between);
//   elsewhere on the page [data-number] with data-text "第 {number} 号";
//   [data-held] with [data-picks] (data-text "{number} 号") and a button [data-forget].
// <script type="application/json" id="own-proof"> the proof as the server gives it, where it may.
// ballot.js keeps what the ballot box answered under `minyi-ballot-<receipt>`: {proof, nonce, picks}.

import { checkReceipt, openOwn } from "./check.js";
import { showEvidence } from "./evidence.js";
import { Fault, UNPUBLISHED, UNREACHABLE } from "./fault.js";
import { Log } from "./log.js";
import { keepCheckpoint, keptCheckpoint } from "./memory.js";
import { parseVkey } from "./note.js";
import { overHttp } from "./source.js";
import { fill, recall, remember, show, written } from "./states.js";

const STATES = { [UNREACHABLE]: "offline", [UNPUBLISHED]: "later" };

class OwnBallot {
  constructor(part) {
    this.part = part;
    this.place = `minyi-ballot-${part.dataset.check}`;
    this.held = recall(this.place) ?? {};
    const given = document.getElementById("own-proof");
    this.proof = this.held.proof || (given ? JSON.parse(given.textContent) : "");
    part.querySelector("[data-again]")?.addEventListener("click", () => this.check());
    window.addEventListener("online", () => part.dataset.state === "offline" && this.check());
    this.showHeld();
    this.check();
  }

  async check() {
    const { ledger, vkey } = this.part.dataset;
    if (!this.proof) {
      show(this.part, "later");
      return;
    }
    show(this.part, "checking");
    let kept = "";
    try {
      const key = parseVkey(vkey);
      kept = keptCheckpoint(key, vkey);
      const log = new Log(overHttp(ledger), key);
      const { held, proof } = this;
      // The first time only the proof: a crowd that has just voted must not read the whole log.
      const found = await checkReceipt({ proof, held, kept, log, thorough: Boolean(held.isChecked) });
      keepCheckpoint(found.newest, vkey);
      if (held.proof) remember(this.place, { ...held, isChecked: true });
      this.showNumber(found.index);
      await this.showChoice(found, log);
      show(this.part, "verified");
    } catch (error) {
      this.refuse(error, kept);
    }
  }

  refuse(error, kept) {
    const code = error instanceof Fault ? error.code : String(error);
    const state = STATES[code] ?? "misfit";
    if (state === "misfit") {
      const { check: receipt, ledger, vkey } = this.part.dataset;
      const { proof } = this;
      const at = new Date().toISOString();
      showEvidence(this.part, { code, ...error.facts, at, page: location.href, receipt, ledger, vkey, proof, kept });
      for (const place of this.part.querySelectorAll("[data-code]")) place.textContent = code;
    } else {
      this.showNumber(this.held.index);
    }
    show(this.part, state);
  }

  showNumber(index) {
    const heading = document.querySelector("[data-number]");
    if (!heading || !Number.isInteger(index)) return;
    heading.textContent = ` · ${fill(heading.dataset.text, { number: written(index) })}`;
    heading.hidden = false;
  }

  /** A sealed choice: nobody can read it yet, or it has been opened for everybody. */
  async showChoice({ ballot, newest }, log) {
    const { openedKey } = this.part.dataset;
    if (ballot.ch) return;
    const state = !openedKey ? "sealed" : this.held.picks ? "same" : "opened";
    if (openedKey) {
      const labels = await openOwn({ ballot, held: this.held, openedKey, log, newest });
      const list = this.part.querySelector("[data-opened-picks]");
      list.textContent = labels.map((label) => fill(list.dataset.text, { number: Number(label) })).join(list.dataset.between);
    }
    for (const place of this.part.querySelectorAll("[data-choice]")) place.hidden = !place.dataset.choice.split(" ").includes(state);
  }

  /** What was picked stands only where this browser has kept it: the server is never asked. */
  showHeld() {
    const place = this.part.querySelector("[data-held]");
    if (!place || !this.held.picks) return;
    const list = place.querySelector("[data-picks]");
    const numbers = [...this.held.picks].sort((a, b) => a - b);
    list.textContent = numbers.map((number) => fill(list.dataset.text, { number })).join(list.dataset.between);
    place.hidden = false;
    place.querySelector("[data-forget]").addEventListener("click", () => {
      // Proof and number stay: what is forgotten is what was picked.
      const { picks, ...rest } = this.held;
      this.held = rest;
      remember(this.place, rest);
      place.hidden = true;
    });
  }
}

for (const part of document.querySelectorAll("[data-check]")) new OwnBallot(part);
