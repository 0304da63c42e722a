// Solving the challenge of a proof of work (ADR 25).
//
// ALTCHA's own solver works with the browser's native PBKDF2, which runs beside the page: no worker, no blob: address, nothing
// that a strict Content-Security-Policy would have to let in. Where a page is not served securely the browser withholds that
// function, and a slower one in script takes its place.

import { pbkdf2Async } from "@noble/hashes/pbkdf2.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { pbkdf2, solveChallenge } from "altcha/lib";

const LANES = Math.min(2, globalThis.navigator?.hardwareConcurrency || 1); // an old phone keeps a core for its user

/** What the browser's own PBKDF2 gives, in plain script; the page stays usable meanwhile. */
async function deriveInScript({ cost, keyLength }, salt, password) {
  return { derivedKey: await pbkdf2Async(sha256, password, salt, { c: cost, dkLen: keyLength, asyncTick: 10 }) };
}

/** Return the derived key in hex that the challenge asks for. */
export async function solve(challenge) {
  const controller = new AbortController();
  const deriveKey = globalThis.crypto?.subtle ? pbkdf2.deriveKey : deriveInScript;
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    solveChallenge({ challenge, controller, counterStart: lane, counterStep: LANES, deriveKey, timeout: 0 }),
  );
  const solution = await Promise.race(lanes);
  controller.abort();
  return solution.derivedKey;
}
