// SPDX-License-Identifier: Apache-2.0
// The files of a log over http(s).

import { Fault, UNREACHABLE } from "./fault.js";

const LONGEST_MS = 20_000;

/** Return a source that reads the log at `base`, an address without a final slash. */
export function overHttp(base) {
  return async (path) => {
    // A checkpoint must be the newest there is; everything else never changes.
    const cache = path === "checkpoint" ? "no-store" : "default";
    let answer;
    let raw;
    try {
      answer = await fetch(`${base}/${path}`, { cache, credentials: "omit", signal: AbortSignal.timeout?.(LONGEST_MS) });
      raw = await answer.arrayBuffer();
    } catch {
      throw new Fault(UNREACHABLE, { path });
    }
    if (answer.status === 404) throw new Fault("file_missing", { path });
    if (!answer.ok) throw new Fault(UNREACHABLE, { path });
    return new Uint8Array(raw);
  };
}
