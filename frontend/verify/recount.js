// SPDX-License-Identifier: Apache-2.0
// The count: a fold over the entries in log order, and nothing else (docs/protocol/log-format.md §6.3).
// votelog/_recount.py is the same fold in Python, written apart; change both.

import { decodeCanonical } from "./canonical.js";
import { Fault } from "./fault.js";
import { checkBallot, checkManifest, checkOther } from "./shapes.js";

const MAX_FINDINGS = 1000;
const MOVES = new Map([
  ["quarantine", { from: ["counted"], to: "quarantined" }],
  ["release", { from: ["quarantined"], to: "counted" }],
  ["void", { from: ["counted", "quarantined"], to: "void" }],
  ["restore", { from: ["void"], to: "counted" }],
]);

/** Feed every entry once, in log order. */
export class Recount {
  constructor() {
    this.findings = [];
    this.manifest = null;
    this.tally = new Map();
    this.ballots = new Map(); // by index: { picks, state, rule }
    this.choices = new Map(); // picks that are alike are kept once
    this.nonces = new Set();
    this.tags = new Set();
    this.changedAt = -1;
    this.closedAt = null;
    this.result = "absent";
  }

  /** Take the next entry in; a fault becomes a finding and the entry counts for nothing. */
  add(index, raw) {
    try {
      this.take(index, decodeCanonical(raw));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (this.findings.length < MAX_FINDINGS) this.findings.push({ code: error.code, index });
    }
  }

  take(index, value) {
    const kind = value.type;
    if (typeof kind !== "string") throw new Fault("entry_malformed");
    if (index === 0) this.open(kind, value);
    else if (this.manifest === null) return; // named at entry 0; nothing can be counted without rules
    else if (kind === "ballot") this.ballot(index, value);
    else if (kind === "manifest") throw new Fault("manifest_repeated");
    else this.other(index, kind, value);
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
    checkBallot(value);
    if (this.closedAt !== null) throw new Fault("ballot_after_close");
    if (value.t < this.window[0] || value.t >= this.window[1]) throw new Fault("ballot_outside_time");
    const local = new Date(value.t + this.manifest.zone * 60_000);
    if (value.day !== local.toISOString().slice(0, 10)) throw new Fault("ballot_day_false");
    if (value.ph !== this.ph) throw new Fault("ballot_rules_differ");
    this.checkPicks(value.ch);
    this.useOnce(value);
    const choice = value.ch.join(" ");
    if (!this.choices.has(choice)) this.choices.set(choice, value.ch);
    this.ballots.set(index, { picks: this.choices.get(choice), state: "counted", rule: "" });
    this.vote(value.ch, 1);
    this.changedAt = index;
  }

  checkPicks(picks) {
    const { min, max } = this.manifest.rule;
    if (picks.length < min || picks.length > max) throw new Fault("picks_number");
    if (picks.some((pick) => !this.tally.has(pick))) throw new Fault("pick_unknown");
    if (picks.some((pick, at) => at > 0 && picks[at - 1] >= pick)) throw new Fault("picks_order");
  }

  /** One ballot for each nonce, one ballot for each tag and period. */
  useOnce(ballot) {
    const tag = this.manifest.rule.per === "day" ? ballot.day + ballot.tag : ballot.tag;
    if (this.nonces.has(ballot.n)) throw new Fault("nonce_replayed");
    if (this.tags.has(tag)) throw new Fault("tag_repeated");
    this.nonces.add(ballot.n);
    this.tags.add(tag);
  }

  vote(picks, step) {
    if (step !== 0) for (const pick of picks) this.tally.set(pick, this.tally.get(pick) + step);
  }

  /** Apply what moves the count; an appeal or an event is on record only. */
  other(index, kind, value) {
    checkOther(value);
    if (MOVES.has(kind)) this.adjudicate(index, MOVES.get(kind), value);
    else if (kind === "close") this.close(index, value);
    else if (kind === "result") this.compare(index, value);
    else if (kind === "stage") {
      this.window = [value.opens, value.closes];
      this.ph = value.ph;
    }
  }

  /** Move ballots from state to state; all of them or, with a fault, none. */
  adjudicate(index, move, value) {
    if (value.ballots[value.ballots.length - 1][1] > index) throw new Fault("ballot_ahead");
    const touched = [];
    for (const [low, high] of value.ballots) {
      for (let at = low; at < high; at += 1) {
        const ballot = this.ballots.get(at);
        if (!ballot || !move.from.includes(ballot.state)) throw new Fault("state_wrong");
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

  /** A result must be the fold at `at`; the last result of a log is the one that stands. */
  compare(index, value) {
    this.result = "differs";
    if (this.closedAt === null) throw new Fault("result_before_close");
    if (value.at <= this.changedAt || value.at > index) throw new Fault("result_stale");
    const labels = Object.keys(value.tally);
    const isEqual =
      labels.length === this.tally.size && labels.every((label) => this.tally.get(label) === value.tally[label]);
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
