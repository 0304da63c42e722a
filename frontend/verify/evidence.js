// SPDX-License-Identifier: Apache-2.0
// What does not fit is evidence: it is shown as a text to copy, and as a file. WeChat's browser saves no files.

/** Fill [data-evidence] of a part: its textarea and its link. */
export function showEvidence(part, facts) {
  const place = part.querySelector("[data-evidence]");
  const text = JSON.stringify(facts, null, 1);
  place.querySelector("textarea").value = text;
  const link = place.querySelector("a[download]");
  if (link.href.startsWith("blob:")) URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
}
