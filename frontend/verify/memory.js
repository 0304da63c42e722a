// SPDX-License-Identifier: Apache-2.0
// What a browser keeps of each log: its key and the last checkpoint that was in order. Whoever remembers a
// checkpoint is an auditor: the log can no longer go back behind it unnoticed.

import { Fault } from "./fault.js";
import { recall, remember } from "./states.js";

const place = (origin) => `minyi-log-${origin}`;

/** Return the last checkpoint that was in order here, or "". The log must still have the key it had then. */
export function keptCheckpoint(key, vkey) {
  const kept = recall(place(key.name));
  if (kept && kept.vkey !== vkey) throw new Fault("key_changed");
  return kept?.note ?? "";
}

export const keepCheckpoint = (head, vkey) => remember(place(head.origin), { vkey, note: head.note });
