// SPDX-License-Identifier: Apache-2.0
// Says how many bytes a text has while it is typed: WeChat counts bytes, people count characters.
(() => {
  const bytes = new TextEncoder();
  for (const input of document.querySelectorAll("textarea[data-limit]")) {
    const note = document.createElement("p");
    note.className = "mi-field__help";
    note.id = `${input.id}-bytes`;
    input.after(note);
    input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${note.id}`.trim());
    const limit = Number(input.dataset.limit);
    const count = () => {
      const used = bytes.encode(input.value).length;
      note.textContent = `${used} / ${limit}`;
      note.classList.toggle("mi-field__wrong", used > limit);
    };
    input.addEventListener("input", count);
    count();
  }
})();
