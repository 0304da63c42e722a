// SPDX-License-Identifier: Apache-2.0
// A receipt from elsewhere, pasted or opened as a file, checked in this browser; it is sent nowhere.
//
// <form data-paste data-ledger data-vkey> textarea, input[type=file], button;
//   [data-when="empty|checking|verified|offline|partial|foreign|misfit"], [data-index], [data-origin], [data-code],
//   [data-evidence]
//
// Three answers must not be one: a receipt that is not all there says nothing, one of another vote belongs elsewhere,
// and only one of this log that does not fit is a reason to call.

import { checkReceipt } from "./check.js";
import { showEvidence } from "./evidence.js";
import { Fault, UNPUBLISHED, UNREACHABLE } from "./fault.js";
import { Log } from "./log.js";
import { keepCheckpoint, keptCheckpoint } from "./memory.js";
import { parseVkey } from "./note.js";
import { originOfReceipt } from "./receipt.js";
import { overHttp } from "./source.js";
import { show, written } from "./states.js";

class PasteForm {
  constructor(form) {
    this.form = form;
    this.text = form.querySelector("textarea:not([readonly])");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.check();
    });
    const file = form.querySelector("input[type=file]");
    file.addEventListener("change", async () => {
      if (!file.files[0]) return;
      this.text.value = await file.files[0].text();
      this.check();
    });
    show(form, "idle");
  }

  async check() {
    const proof = this.text.value.replace(/[ \t\r]+$/gm, "").trim();
    if (!proof) {
      show(this.form, "empty");
      this.text.focus();
      return;
    }
    show(this.form, "checking");
    const { ledger, vkey } = this.form.dataset;
    try {
      const key = parseVkey(vkey);
      const origin = originOfReceipt(`${proof}\n`);
      if (origin !== key.name) {
        this.setAside(origin);
        return;
      }
      const kept = keptCheckpoint(key, vkey);
      const log = new Log(overHttp(ledger), key);
      const found = await checkReceipt({ proof: `${proof}\n`, kept, log, thorough: true });
      keepCheckpoint(found.newest, vkey);
      for (const place of this.form.querySelectorAll("[data-index]")) place.textContent = written(found.index);
      show(this.form, "verified");
    } catch (error) {
      this.refuse(error, proof);
    }
  }

  /** It cannot be checked here: not all of it is there, or it is of another log. */
  setAside(origin) {
    for (const place of this.form.querySelectorAll("[data-origin]")) place.textContent = origin ?? "";
    show(this.form, origin === null ? "partial" : "foreign");
  }

  refuse(error, proof) {
    const code = error instanceof Fault ? error.code : String(error);
    if (code === UNREACHABLE || code === UNPUBLISHED) {
      show(this.form, "offline");
      return;
    }
    const { ledger, vkey } = this.form.dataset;
    showEvidence(this.form, { code, ...error.facts, at: new Date().toISOString(), ledger, vkey, proof });
    for (const place of this.form.querySelectorAll("[data-code]")) place.textContent = code;
    show(this.form, "misfit");
  }
}

for (const form of document.querySelectorAll("form[data-paste]")) new PasteForm(form);
