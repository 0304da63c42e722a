// SPDX-License-Identifier: Apache-2.0
// The control room: gives orders as JSON, shows the command that does the same, and keeps the page fresh.

const REFRESH_MS = 3000;
const TOLD_MS = 6000;
const room = document.querySelector("[data-room]");
const told = document.querySelector("[data-told]");
const trouble = document.querySelector("[data-trouble]");
let telling;

function read(form) {
  if (form.dataset.body !== undefined) return JSON.parse(form.dataset.body);
  let asked = {};
  for (const field of form.querySelectorAll("[data-kind]")) {
    const { kind } = field.dataset;
    if (kind === "flag") {
      if (field.checked || field.defaultChecked) asked[field.name] = field.checked;
    } else if (field.value.trim() === "") {
      if (field.required) asked[field.name] = "";
    } else if (kind === "json") {
      const value = JSON.parse(field.value);
      if (field.name) asked[field.name] = value;
      else asked = { ...asked, ...value };
    } else {
      asked[field.name] = kind === "number" ? Number(field.value) : field.value;
    }
  }
  return asked;
}

const quoted = (words) => `'${words.replaceAll("'", `'"'"'`)}'`;
const command = (order, asked) =>
  `curl ${location.origin}/_sim/${order} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(asked))}`;

async function give(order, asked) {
  const answer = await fetch(`/_sim/${order}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(asked),
  });
  const words = await answer.json();
  return { ok: answer.ok, words };
}

function tell(form, ok, words) {
  const own = form.querySelector("output");
  const shown = ok ? JSON.stringify(words, null, 2) : `${words.code}: ${words.detail}`;
  if (own) {
    own.hidden = false;
    own.className = ok ? "good" : "bad";
    own.textContent = shown;
  }
  told.hidden = false;
  told.className = ok ? "told" : "told bad";
  told.textContent = ok ? `${room.dataset.done} ${form.dataset.order}` : shown;
  clearTimeout(telling);
  telling = setTimeout(() => (told.hidden = true), TOLD_MS);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-order]")) return;
  event.preventDefault();
  const button = form.querySelector("button:not([type=button])");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    const { ok, words } = await give(form.dataset.order, read(form));
    tell(form, ok, words);
  } catch (error) {
    const isJson = error instanceof SyntaxError;
    tell(form, false, { code: isJson ? "JSON" : "—", detail: isJson ? room.dataset.badJson : room.dataset.lost });
  }
  button.disabled = false;
  button.removeAttribute("aria-busy");
  button.focus();
  await refresh(form).catch(lost);
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-order]");
  const shown = form?.querySelector("[data-command]");
  if (!shown) return;
  try {
    shown.textContent = command(form.dataset.order, read(form));
  } catch {
    shown.textContent = room.dataset.badJson;
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.parentElement.querySelector("[data-command]").textContent);
  told.hidden = false;
  told.className = "told";
  told.textContent = room.dataset.copied;
});

// Replaces what changed, but never what somebody is working in or reading.
async function refresh(pressed) {
  const answer = await fetch(location.href);
  if (!answer.ok) throw new Error(String(answer.status));
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  trouble.hidden = true;
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (!next) continue;
    const open = [...part.querySelectorAll("details[open]")].map((one) => one.id);
    const isBusy = part.contains(document.activeElement) && part !== document.activeElement;
    if (isBusy && !(pressed && part.contains(pressed))) continue;
    if (open.some((id) => !id) || part.innerHTML === next.innerHTML) continue;
    part.innerHTML = next.innerHTML;
    for (const id of open) part.querySelector(`#${id}`)?.setAttribute("open", "");
  }
}

function lost() {
  trouble.hidden = false;
  trouble.textContent = room.dataset.lost;
}

// The shown time runs on between two looks at the server.
function tick() {
  const clock = document.querySelector("[data-now]");
  if (clock) {
    clock.dataset.now = Number(clock.dataset.now) + 1;
    const china = new Date((Number(clock.dataset.now) + 8 * 3600) * 1000).toISOString();
    clock.textContent = `${china.slice(0, 10)} ${china.slice(11, 19)}`;
  }
}

setInterval(tick, 1000);
setInterval(() => document.hidden || refresh().catch(lost), REFRESH_MS);
