// SPDX-License-Identifier: Apache-2.0
// Sends without leaving the page and shows replies as they come. Without this file the form
// still sends: the page then comes back with the reply.

const WATCHING_MS = 2000;
const WAITING_MS = 300;
const talk = document.querySelector("[data-talk]");
const typing = document.querySelector("[data-typing]");
const staffTyping = document.querySelector("[data-staff-typing]");
const menu = document.querySelector("[data-menu]");
const writing = document.querySelector("[data-write]");
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
  staffTyping.hidden = answer.headers.get("X-Typing") !== "1";
}

// A form that stays in the conversation: its answer comes as bubbles.
async function give(form, told) {
  setTimeout(() => look().catch(() => {}), 50);
  const answer = await fetch(form.action, { method: "POST", body: told, redirect: "manual" });
  // A refusal has its own page; an accepted message is a redirect.
  if (answer.type !== "opaqueredirect") location.reload();
  await look();
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
  try {
    await give(composer, sent);
  } catch {
    words.value = sent.get("content");
  }
});

words.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});

// Menu buttons and the items of a menu message that lead to no page.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-act]")) return;
  event.preventDefault();
  const told = new URLSearchParams(new FormData(event.target, event.submitter));
  closeMenus();
  give(event.target, told).catch(() => location.reload());
});

function closeMenus(kept) {
  for (const one of document.querySelectorAll(".menu-tab[open]")) if (one !== kept) one.open = false;
}

if (menu) {
  for (const swap of document.querySelectorAll("[data-swap]")) {
    swap.addEventListener("click", (event) => {
      event.preventDefault();
      menu.hidden = !menu.hidden;
      writing.hidden = !menu.hidden;
      (writing.hidden ? menu.querySelector("[data-swap]") : words).focus();
    });
  }
  menu.addEventListener("toggle", (event) => event.target.open && closeMenus(event.target), true);
  document.addEventListener("click", (event) => closeMenus(event.target.closest(".menu-tab")));
  menu.addEventListener("keydown", (event) => {
    const open = event.target.closest(".menu-tab[open]");
    if (!open) return;
    if (event.key === "Escape") {
      open.open = false;
      open.querySelector("summary").focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [...open.querySelectorAll("li button")];
    const at = items.indexOf(event.target);
    items.at((at < 0 && step < 0 ? 0 : at + step) % items.length).focus();
  });
}

toEnd();
watch();
