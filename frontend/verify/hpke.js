// SPDX-License-Identifier: Apache-2.0
// HPKE, mode base, of the recipient (RFC 9180): X25519, HKDF-SHA256, ChaCha20-Poly1305.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { montgomery } from "@noble/curves/abstract/montgomery.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, utf8 } from "./bytes.js";

const P = (1n << 255n) - 19n;

// The library's own x25519 brings all of Edwards25519 along, three times as long as this page's verifier needs.
const x25519 = montgomery({ P, type: "x25519", powPminus2: (x) => power(x, P - 2n), adjustScalarBytes: clamp });

function power(base, exponent) {
  let result = 1n;
  for (let square = base % P, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % P) {
    if (rest & 1n) result = (result * square) % P;
  }
  return result;
}

/** RFC 7748 §5. */
function clamp(bytes) {
  bytes[0] &= 248;
  bytes[31] = (bytes[31] & 127) | 64;
  return bytes;
}

const EMPTY = new Uint8Array();
const VERSION = utf8("HPKE-v1");
const KEM = concat([utf8("KEM"), Uint8Array.of(0, 0x20)]);
const SUITE = concat([utf8("HPKE"), Uint8Array.of(0, 0x20, 0, 1, 0, 3)]);

export const publicOf = (key) => x25519.getPublicKey(key);

/** Return `open(place, sealed)`, which throws where the ciphertext is not of this context; `sent` may be no key. */
export function beginOpening(key, sent, info) {
  const eae = extract(KEM, EMPTY, "eae_prk", x25519.getSharedSecret(key, sent));
  const shared = expand(KEM, eae, "shared_secret", concat([sent, publicOf(key)]), 32);
  const hashes = [extract(SUITE, EMPTY, "psk_id_hash", EMPTY), extract(SUITE, EMPTY, "info_hash", info)];
  const context = concat([Uint8Array.of(0), ...hashes]);
  const secret = extract(SUITE, shared, "secret", EMPTY);
  const cipherKey = expand(SUITE, secret, "key", context, 32);
  const base = expand(SUITE, secret, "base_nonce", context, 12);
  return (place, sealed) => chacha20poly1305(cipherKey, nonceOf(base, place)).decrypt(sealed);
}

/** The base nonce XOR the place, big-endian; places are below 2^53. */
function nonceOf(base, place) {
  const nonce = base.slice();
  for (let at = 11, rest = place; rest > 0; at -= 1, rest = Math.floor(rest / 256)) nonce[at] ^= rest % 256;
  return nonce;
}

const extract = (suite, salt, label, material) =>
  hmac(sha256, salt, concat([VERSION, suite, utf8(label), material]));

function expand(suite, key, label, info, length) {
  const head = concat([Uint8Array.of(0, length), VERSION, suite, utf8(label), info]);
  return hmac(sha256, key, concat([head, Uint8Array.of(1)])).slice(0, length);
}
