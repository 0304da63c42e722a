// SPDX-License-Identifier: Apache-2.0
// What is wrong, by the codes of docs/protocol/log-format.md §9; `index` and `path` where they are known.

export class Fault extends Error {
  constructor(code, facts = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}

/** Nothing is wrong, but nothing could be read either: no network, or a server that does not answer. */
export const UNREACHABLE = "log_unreachable";
/** The log is there and not yet open to the public, or it has not begun. */
export const UNPUBLISHED = "log_unpublished";
