// SPDX-License-Identifier: Apache-2.0
// Asks how far the job in hand is, and loads the page anew when it is over: then other acts are due.
const place = document.querySelector("[data-progress]");
const EVERY_MS = 3000;

async function look() {
  if (document.hidden) return;
  const answer = await fetch(place.dataset.progress, { credentials: "same-origin" }).catch(() => null);
  if (!answer || !answer.ok) return;
  const told = await answer.text();
  if (told.includes('data-pending="no"')) {
    clearInterval(timer);
    location.reload();
  } else if (told !== place.innerHTML) {
    place.innerHTML = told;
  }
}
const timer = place ? setInterval(look, EVERY_MS) : 0;
