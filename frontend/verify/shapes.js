// SPDX-License-Identifier: Apache-2.0
// The shapes of a log's entries (docs/protocol/log-format.md §6.2).

import { isObject } from "./canonical.js";
import { Fault } from "./fault.js";
import { sealedDigits } from "./opening.js";

const LATEST_MS = 253_402_300_800_000 - 86_400_000;
const hasOwn = (value, member) => Object.prototype.hasOwnProperty.call(value, member);

const isText = (v) => typeof v === "string" && v !== "";
const isCount = (v) => Number.isSafeInteger(v) && v >= 0;
const isTime = (v) => isCount(v) && v < LATEST_MS;
const isZone = (v) => Number.isSafeInteger(v) && v >= -840 && v <= 840;
const matches = (pattern) => (v) => typeof v === "string" && pattern.test(v);
const isHex16 = matches(/^[0-9a-f]{32}$/);
const isHex32 = matches(/^[0-9a-f]{64}$/);
const isHex = matches(/^[0-9a-f]*$/);
const isDay = matches(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/);
const isLabel = matches(/^[0-9A-Za-z_-]{1,32}$/);
const isLabels = (v) => Array.isArray(v) && v.every(isLabel);
const isTally = (v) => isObject(v) && Object.values(v).every(isCount);

/** Half-open ranges [a, b), not empty, ascending and apart. */
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
  v: (v) => v === 1,
  campaign: isText,
  candidates: isLabels,
  opens: isTime,
  closes: isTime,
  zone: isZone,
  ph: isHex32,
  rules: isHex32,
  rule: isObject,
  tag_key: isHex32,
  policy: isHex32,
  code: isText,
  screening: isText,
  appeal: isTime,
};
const RULE = { per: (v) => v === "day" || v === "campaign", min: isCount, max: isCount };
const ANY_BALLOT = { type: isText, t: isTime, tag: isHex16, day: isDay, n: isHex16, ph: isHex32 };
const BALLOT = { ...ANY_BALLOT, ch: isLabels };
const SEALED_BALLOT = { ...ANY_BALLOT, e: isHex32, i: isCount, x: isHex };
const ADJUDICATION = { t: isTime, ballots: isRanges, rule: isText, ev: isHex32, by: isText };
const OTHERS = new Map([
  ["quarantine", ADJUDICATION],
  ["release", ADJUDICATION],
  ["void", ADJUDICATION],
  ["restore", ADJUDICATION],
  ["stage", { t: isTime, ph: isHex32, opens: isTime, closes: isTime, by: isText }],
  ["appeal", { t: isTime, ev: isHex32 }],
  ["event", { t: isTime, what: isText }],
  ["close", { t: isTime, size: isCount, tally_code: isHex32 }],
  ["count", { t: isTime, hour: isTime, at: isCount, ballots: isCount, tally: isTally }],
  ["key", { t: isTime, key: isHex32 }],
  ["result", { t: isTime, tally: isTally, at: isCount }],
]);

export function checkManifest(value) {
  checkShape(value, MANIFEST);
  checkShape(value.rule, RULE);
  const { min, max } = value.rule;
  const number = value.candidates.length;
  const isSound = new Set(value.candidates).size === number && min <= max && max <= number;
  if (hasOwn(value, "seal") && value.seal !== "" && !isHex32(value.seal)) throw new Fault("entry_malformed");
  if (!isSound || value.opens >= value.closes) throw new Fault("entry_malformed");
}

/** A ballot has exactly its members. */
export function checkBallot(value, manifest) {
  const shape = manifest.seal ? SEALED_BALLOT : BALLOT;
  if (Object.keys(value).length !== Object.keys(shape).length) throw new Fault("entry_malformed");
  checkShape(value, shape);
  if (manifest.seal && value.x.length !== sealedDigits(manifest.candidates.length)) throw new Fault("entry_malformed");
}

/** Any entry but manifest and ballot; further members are allowed. */
export function checkOther(value) {
  if (!OTHERS.has(value.type)) throw new Fault("entry_type_unknown");
  checkShape(value, OTHERS.get(value.type));
}

function checkShape(value, shape) {
  for (const [member, fits] of Object.entries(shape)) {
    if (!hasOwn(value, member) || !fits(value[member])) throw new Fault("entry_malformed");
  }
}
