// SPDX-License-Identifier: Apache-2.0
// The menu editor with a script: bytes counted while typing, the phone drawn anew, buttons moved in
// place. Without it the same buttons send the form and the server does the same.
(() => {
  const form = document.querySelector("[data-menu-form]");
  if (!form) return;
  const FIELDS = ["name", "kind", "url", "text", "appid", "page", "item"];
  const phone = document.querySelector("[data-phone]");
  const unsaved = form.querySelector("[data-unsaved]");
  const bytes = new TextEncoder();
  let timer = 0;
  let asked = 0;
  let leaving = false;

  const field = (place, name) => form.elements[`${place}-${name}`];

  function count(input) {
    const note = document.getElementById(`${input.id}-count`);
    const label = note?.querySelector("[data-count]");
    if (!label) return;
    let limit = Number(input.dataset.limit);
    const kind = input.closest(".mi-button__own")?.querySelector("select")?.value;
    if (input.tagName === "TEXTAREA" && kind === "say") limit = 124;
    const used = bytes.encode(input.value.trim()).length;
    label.textContent = `${used} / ${limit}`;
    label.classList.toggle("is-over", used > limit);
    input.toggleAttribute("aria-invalid", used > limit);
  }

  async function draw() {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form) });
      if (answer.ok && mine === asked) {
        const open = [...phone.querySelectorAll(".mi-phone__button")].findIndex((one) => one.open);
        phone.innerHTML = await answer.text();
        const button = phone.querySelectorAll(".mi-phone__button")[open];
        if (button?.tagName === "DETAILS") button.open = true;
      }
    } catch {
      // The network is away: the picture stays, the form keeps what was typed.
    }
  }

  function touch() {
    unsaved.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(draw, 250);
  }

  const placesOf = (place) =>
    place.includes(".") ? [place] : [place, ...[0, 1, 2, 3, 4].map((below) => `${place}.${below}`)];

  const read = (place) => FIELDS.map((name) => field(place, name).value);

  function write(place, values) {
    FIELDS.forEach((name, index) => {
      const input = field(place, name);
      input.value = values[index];
      if (input.dataset.limit) count(input);
    });
    offer(field(place, "kind").closest(".mi-button__own"));
  }

  function entitle() {
    for (const top of form.querySelectorAll("[data-top]")) {
      let any = false;
      for (const row of top.querySelectorAll("[data-below]")) {
        const [name, , ...rest] = read(row.dataset.below);
        const blank = !name && rest.every((text) => !text);
        any ||= !blank;
        row.classList.toggle("mi-button_blank", blank);
        const title = row.querySelector("summary > span");
        title.dataset.add ??= top.querySelector("[data-blank]")?.textContent ?? "";
        title.textContent = blank ? title.dataset.add || "+" : name || "…";
      }
      top.classList.toggle("mi-top_single", !any);
    }
  }

  function move(button) {
    const { move: verb, place } = button.dataset;
    const [top, below] = place.split(".").map(Number);
    const isSub = place.includes(".");
    if (verb === "remove") {
      for (const one of placesOf(place)) write(one, ["", "open", "", "", "", "", ""]);
    } else {
      const next = (isSub ? below : top) + (verb === "down" ? 1 : -1);
      if (next < 0 || next > (isSub ? 4 : 2)) return;
      const other = isSub ? `${top}.${next}` : String(next);
      const there = placesOf(other);
      placesOf(place).forEach((one, index) => {
        const mine = read(one);
        write(one, read(there[index]));
        write(there[index], mine);
      });
      // The focus goes with the button, so that it can be moved on by the keyboard.
      const row = form.querySelector(`[data-below="${other}"]`);
      if (row) row.open = true;
      form.querySelector(`[data-move="${verb}"][data-place="${other}"]`)?.focus();
    }
    entitle();
    touch();
  }

  // Of the things a button may lead to, those of its own kind; what is chosen stays to be seen.
  function offer(own) {
    const kind = own.querySelector(".mi-field_kind select").value;
    for (const group of own.querySelectorAll("optgroup[data-kind]")) {
      const other = group.dataset.kind !== "" && group.dataset.kind !== kind;
      group.hidden = group.disabled = other && !group.querySelector("option:checked");
    }
  }
  form.querySelectorAll(".mi-button__own").forEach(offer);

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    event.preventDefault();
    move(button);
  });
  form.addEventListener("input", (event) => {
    if (event.target.dataset.limit) count(event.target);
    const own = event.target.closest(".mi-button__own");
    if (event.target.tagName === "SELECT" && own) {
      own.querySelectorAll("textarea").forEach(count);
      offer(own);
    }
    entitle();
    touch();
  });
  form.addEventListener("submit", () => {
    leaving = true;
  });
  addEventListener("beforeunload", (event) => {
    if (!unsaved.hidden && !leaving) event.preventDefault();
  });
  form.querySelectorAll("[data-limit]").forEach(count);
})();
