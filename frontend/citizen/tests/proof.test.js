import assert from "node:assert/strict";
import { test } from "node:test";

import { createChallenge, pbkdf2 } from "altcha/lib";

import { solve } from "../proof.js";

/** A challenge of the server's kind that the given counter solves, cheap enough for a test. */
async function challengeFor(counter, cost = 50) {
  return createChallenge({
    algorithm: "PBKDF2/SHA-256",
    cost,
    counter,
    deriveKey: pbkdf2.deriveKey,
    hmacSignatureSecret: "a",
    hmacKeySignatureSecret: "b",
  });
}

/** Solve where the browser withholds its own functions, as it does on a page without TLS. */
async function solveWithoutTls(challenge) {
  const own = globalThis.crypto;
  Object.defineProperty(globalThis, "crypto", { value: { getRandomValues: own.getRandomValues.bind(own) }, configurable: true });
  try {
    return await solve(challenge);
  } finally {
    Object.defineProperty(globalThis, "crypto", { value: own, configurable: true });
  }
}

for (const counter of [0, 1, 2, 37]) {
  test(`the key of counter ${counter} is found by the browser's own function and by plain script alike`, async () => {
    const challenge = await challengeFor(counter);
    const key = await solve(challenge);
    assert.match(key, /^[0-9a-f]{64}$/);
    assert.ok(key.startsWith(challenge.parameters.keyPrefix));
    assert.equal(await solveWithoutTls(challenge), key);
  });
}

test("another challenge has another key", async () => {
  assert.notEqual(await solve(await challengeFor(3)), await solve(await challengeFor(3)));
});
