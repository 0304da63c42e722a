// SPDX-License-Identifier: Apache-2.0
// The count: a fold over the entries in log order, and nothing else (docs/protocol/log-format.md §6.3).
// votelog/_recount.py is the same fold in Python, written apart; change both.

import { decodeCanonical } from "./canonical.js";
import { Fault } from "./fault.js";
import { openerOf } from "./opening.js";
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
    this.sealed = false; // choices are sealed and the key is not published: there is no tally yet
    this.openedAt = null;
    this.moves = []; // of a sealed log
    this.announced = [];
  }

  /** Take the next entry in; a fault becomes a finding and the entry counts for nothing. */
  add(index, raw) {
    try {
      this.take(index, decodeCanonical(raw));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.find(index, error.code);
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
    this.sealed = Boolean(value.seal);
  }

  ballot(index, value) {
    checkBallot(value, this.manifest);
    if (this.closedAt !== null) throw new Fault("ballot_after_close");
    if (value.t < this.window[0] || value.t >= this.window[1]) throw new Fault("ballot_outside_time");
    const local = new Date(value.t + this.manifest.zone * 60_000);
    if (value.day !== local.toISOString().slice(0, 10)) throw new Fault("ballot_day_false");
    if (value.ph !== this.ph) throw new Fault("ballot_rules_differ");
    if (!this.sealed) this.checkPicks(value.ch);
    this.useOnce(value);
    const { tag, n, e, i, x } = value;
    const choice = this.sealed ? { picks: [], sealed: { tag, n, e, i, x } } : { picks: this.shared(value.ch) };
    this.ballots.set(index, { ...choice, state: "counted", rule: "" });
    this.vote(choice.picks, 1);
    this.changedAt = index;
  }

  /** Most voters pick alike: return the one list of these picks. */
  shared(picks) {
    const choice = picks.join(" ");
    if (!this.choices.has(choice)) this.choices.set(choice, picks);
    return this.choices.get(choice);
  }

  checkPicks(picks) {
    this.checkNumber(picks);
    if (picks.some((pick) => !this.tally.has(pick))) throw new Fault("pick_unknown");
    if (picks.some((pick, at) => at > 0 && picks[at - 1] >= pick)) throw new Fault("picks_order");
  }

  checkNumber(picks) {
    const { min, max } = this.manifest.rule;
    if (picks.length < min || picks.length > max) throw new Fault("picks_number");
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
    else if (kind === "count") this.announce(index, value);
    else if (kind === "key") this.openChoices(index, value.key);
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
    if (this.sealed) this.moves.push({ index, ballots: value.ballots, to: move.to });
  }

  /** Keep an announced count until it can be compared. */
  announce(index, value) {
    const before = this.announced.length > 0 ? this.announced[this.announced.length - 1].at : 1;
    const isPlaced = this.sealed && this.closedAt === null && before <= value.at && value.at <= index;
    if (!isPlaced) throw new Fault("count_misplaced");
    this.announced.push({ index, at: value.at, ballots: value.ballots, tally: value.tally });
  }

  /** Open every ballot, then compare what was announced; a wrong choice is no ballot. */
  openChoices(index, key) {
    if (this.openedAt !== null) throw new Fault("key_repeated");
    if (!this.sealed) throw new Fault("key_unwanted");
    if (this.closedAt === null) throw new Fault("key_before_close");
    const picksOf = openerOf(this.manifest, key);
    for (const [at, ballot] of this.ballots) {
      try {
        const picks = picksOf(ballot.sealed);
        this.checkNumber(picks);
        ballot.picks = this.shared(picks);
        ballot.sealed = null;
        this.vote(picks, Number(ballot.state === "counted"));
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        this.find(at, error.code);
        this.ballots.delete(at);
      }
    }
    this.checkAnnounced();
    this.sealed = false;
    this.openedAt = index;
    this.changedAt = index;
  }

  checkAnnounced() {
    const tally = new Map([...this.tally.keys()].map((label) => [label, 0]));
    const counting = new Set();
    const waiting = [...this.moves];
    const set = (at, counts) => {
      const ballot = this.ballots.get(at);
      if (!ballot || counting.has(at) === counts) return;
      for (const pick of ballot.picks) tally.set(pick, tally.get(pick) + (counts ? 1 : -1));
      if (counts) counting.add(at);
      else counting.delete(at);
    };
    let done = 0;
    for (const one of this.announced) {
      for (; done < one.at; done += 1) {
        set(done, true);
        while (waiting.length > 0 && waiting[0].index === done) {
          const { ballots, to } = waiting.shift();
          for (const [low, high] of ballots) for (let at = low; at < high; at += 1) set(at, to === "counted");
        }
      }
      if (!isSame(one.tally, tally) || one.ballots !== counting.size) this.find(one.index, "count_differs");
    }
  }

  find(index, code) {
    if (this.findings.length < MAX_FINDINGS) this.findings.push({ code, index });
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
    if (this.sealed) throw new Fault("result_before_key");
    if (value.at <= this.changedAt || value.at > index) throw new Fault("result_stale");
    if (!isSame(value.tally, this.tally)) throw new Fault("result_differs");
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
      sealed: this.sealed,
      result: this.result,
    };
  }
}

function isSame(told, tally) {
  const labels = Object.keys(told);
  return labels.length === tally.size && labels.every((label) => tally.get(label) === told[label]);
}
