// SPDX-License-Identifier: Apache-2.0
// Adds what is new to the log, newest first, while the page is looked at.

const EVERY_MS = 1500;
const KEPT = 200;
const log = document.querySelector("[data-log]");

async function look() {
  if (document.hidden) return;
  const answer = await fetch(`/log/new?after=${log.dataset.last}`);
  if (answer.status !== 200) return;
  log.insertAdjacentHTML("afterbegin", await answer.text());
  log.dataset.last = log.querySelector("[data-number]").dataset.number;
  for (const old of [...log.children].slice(KEPT)) old.remove();
  document.querySelector(".log-empty").hidden = true;
}

if (log) setInterval(() => look().catch(() => {}), EVERY_MS);
