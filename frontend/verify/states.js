// SPDX-License-Identifier: Apache-2.0
// A part of a page that says one thing at a time: [data-when] holds the states in which an element is shown.

export function show(part, state) {
  part.dataset.state = state;
  for (const one of part.querySelectorAll("[data-when]")) one.hidden = !one.dataset.when.split(" ").includes(state);
}

/** Put facts into a sentence of the page: "第 {index} 号". */
export const fill = (sentence, facts) => sentence.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);

const grouped = new Intl.NumberFormat(document.documentElement.lang || "zh-CN");
export const written = (number) => grouped.format(number);

/** What this browser keeps; a browser without storage keeps nothing, and every page works. */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

export function remember(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full, or private browsing.
  }
}
