// Picking nominees and sending the ballot. Without this file the same form posts itself.
//
// <form data-ballot="<round id>" data-voter="<order reference>" data-candidates="1 2 3" data-min data-max
//       data-receipt="/c/<slug>/ballot/" action="/v/ballots" method="post">
//   hidden ticket, nonce, and work where it is asked for (work.js); checkboxes name="pick"; .mi-tray with [data-count] [data-trouble] and the submit button.
// The nonce stays the same over every retry, so that a ballot whose answer got lost is not cast twice.

import { conduct } from "./conduct.js";

const RETRIES = 6;
const LONGEST_WAIT_MS = 15000;
const LONGEST_WORK_MS = 90000;

function remembered(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) || [];
  } catch {
    return [];
  }
}

function remember(key, picks) {
  try {
    sessionStorage.setItem(key, JSON.stringify(picks));
  } catch {
    // Private browsing without storage: picks last as long as the page.
  }
}

/** How long to wait before asking again: what the server says, spread so that a crowd does not return at once. */
function waitFor(answer, attempt) {
  const asked = Number(answer?.headers.get("Retry-After")) * 1000;
  const base = asked > 0 ? asked : 500 * 2 ** attempt;
  return Math.min(LONGEST_WAIT_MS, base * (0.5 + Math.random()));
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

class Ballot {
  constructor(form) {
    this.form = form;
    // Per person: the next citizen at this browser starts with an empty paper.
    this.key = `minyi-picks-${form.dataset.ballot}-${form.dataset.voter}`;
    this.min = Number(form.dataset.min) || 1;
    this.max = Number(form.dataset.max) || 1;
    this.count = form.querySelector("[data-count]");
    this.trouble = form.querySelector("[data-trouble]");
    this.button = form.querySelector("[type=submit]");
    // A nominee may have been withdrawn since, or stand outside this search: only the paper itself tells.
    const candidates = new Set(form.dataset.candidates.split(" "));
    this.picks = new Set(remembered(this.key).filter((number) => candidates.has(number)));
    for (const box of this.boxes()) {
      if (box.checked) this.picks.add(box.value);
      box.checked = this.picks.has(box.value);
    }
    form.addEventListener("change", (event) => this.changed(event.target));
    form.addEventListener("submit", (event) => this.submit(event));
    document.addEventListener("htmx:afterSettle", () => this.restore());
    this.show();
  }

  boxes() {
    return this.form.querySelectorAll("input[name=pick][type=checkbox]");
  }

  restore() {
    for (const box of this.boxes()) box.checked = this.picks.has(box.value);
    this.show();
  }

  changed(box) {
    if (box.name !== "pick") return;
    if (box.checked && this.picks.size >= this.max) {
      box.checked = false;
      this.say(this.form.dataset.textFull);
      return;
    }
    if (box.checked) this.picks.add(box.value);
    else this.picks.delete(box.value);
    this.say("");
    this.show();
  }

  show() {
    remember(this.key, [...this.picks]);
    for (const box of this.boxes()) {
      box.closest(".mi-nominee")?.classList.toggle("mi-nominee_picked", box.checked);
    }
    if (this.count) {
      this.count.textContent = this.picks.size;
      this.count.closest("[data-counter]").hidden = false; // only this script can count
    }
  }

  say(sentence) {
    if (!this.trouble) return;
    this.trouble.textContent = sentence || "";
    this.trouble.hidden = !sentence;
  }

  async submit(event) {
    event.preventDefault();
    if (this.picks.size < this.min) {
      this.say(this.form.dataset.textFew);
      return;
    }
    this.button.disabled = true;
    await this.untilWorked();
    const answer = await this.send();
    this.button.disabled = false;
    if (!answer) {
      this.say(this.form.dataset.textUnreachable);
      return;
    }
    const body = await answer.json().catch(() => ({}));
    if (answer.ok) {
      sessionStorage.removeItem(this.key);
      this.keep(body);
      location.assign(`${this.form.dataset.receipt}?receipt=${encodeURIComponent(body.receipt)}`);
      return;
    }
    this.say([body.detail || body.title || this.form.dataset.textUnreachable, body.action].filter(Boolean).join(" "));
  }

  /** Wait for the proof of work where this ballot needs one (work.js). If it never ends, the ballot box says what to do. */
  async untilWorked() {
    const { dataset } = this.form;
    if (!("work" in dataset) || "worked" in dataset) return;
    const worked = new Promise((done) => this.form.addEventListener("minyi:worked", done, { once: true }));
    await Promise.race([worked, pause(LONGEST_WORK_MS)]);
  }

  /** Keep the proof and what was sent: the receipt page checks one against the other (verify/receipt_page.js). */
  keep({ receipt, proof, index }) {
    if (!proof) return;
    const held = { proof, index, nonce: this.form.elements.nonce.value, picks: [...this.picks].map(Number) };
    try {
      localStorage.setItem(`minyi-ballot-${receipt}`, JSON.stringify(held));
    } catch {
      // Private browsing without storage: the page asks the server for the proof.
    }
  }

  /** Post the ballot; while the server is full, wait and ask again with the same nonce. Null: never reached it. */
  async send() {
    const body = JSON.stringify({
      ticket: this.form.elements.ticket.value,
      nonce: this.form.elements.nonce.value,
      picks: [...this.picks].map(Number),
      conduct: conduct(),
      work: this.form.elements.work?.value,
    });
    let answer = null;
    for (let attempt = 0; attempt < RETRIES; attempt++) {
      answer = await fetch(this.form.action, {
        method: "POST",
        body,
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        signal: AbortSignal.timeout?.(20000),
      }).catch(() => null);
      if (answer && answer.status !== 503) return answer;
      this.say(this.form.dataset.textWaiting);
      await pause(waitFor(answer, attempt));
    }
    return answer;
  }
}

for (const form of document.querySelectorAll("form[data-ballot]")) new Ballot(form);
