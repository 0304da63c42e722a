// SPDX-License-Identifier: Apache-2.0
// Sends without leaving the page and shows replies as they come. Without this file the form
// still sends: the page then comes back with the reply.

const WATCHING_MS = 2000;
const WAITING_MS = 300;
const talk = document.querySelector("[data-talk]");
const typing = document.querySelector("[data-typing]");
const composer = document.querySelector("[data-composer]");
const words = composer.elements.content;
let waiting = Number(talk.dataset.waiting);

const toEnd = () => talk.scrollTo({ top: talk.scrollHeight });

async function look() {
  const answer = await fetch(`${talk.dataset.talk}?after=${talk.dataset.last}`);
  waiting = Number(answer.headers.get("X-Waiting") ?? 0);
  if (answer.status === 200) {
    const piece = document.createElement("template");
    piece.innerHTML = await answer.text();
    // Two looks may overlap: a bubble that is here already is left out.
    const fresh = [...piece.content.querySelectorAll("[data-number]")].filter(
      (bubble) => Number(bubble.dataset.number) > Number(talk.dataset.last),
    );
    for (const bubble of fresh) {
      bubble.classList.add("fresh");
      typing.before(bubble);
      talk.dataset.last = bubble.dataset.number;
    }
    toEnd();
  }
  typing.hidden = waiting === 0;
}

async function watch() {
  if (!document.hidden) await look().catch(() => {});
  setTimeout(watch, waiting > 0 ? WAITING_MS : WATCHING_MS);
}

composer.addEventListener("submit", async (event) => {
  if (!words.value.trim()) return;
  event.preventDefault();
  const sent = new URLSearchParams({ content: words.value });
  words.value = "";
  words.focus();
  setTimeout(() => look().catch(() => {}), 50);
  try {
    const answer = await fetch(composer.action, { method: "POST", body: sent, redirect: "manual" });
    // A refusal has its own page; an accepted message is a redirect.
    if (answer.type !== "opaqueredirect") location.reload();
    await look();
  } catch {
    words.value = sent.get("content");
  }
});

words.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});

toEnd();
watch();
