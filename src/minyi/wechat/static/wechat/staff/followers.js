// SPDX-License-Identifier: Apache-2.0
// Chooses a whole page at once, and draws the sync anew while it runs.
(() => {
  const all = document.querySelector("[data-all]");
  if (all) {
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of all.form.querySelectorAll('input[name="contact"]')) box.checked = all.checked;
    });
  }
  const sync = document.querySelector("[data-progress]");
  const draw = async () => {
    if (!sync?.querySelector("[data-running]")) return;
    try {
      const answer = await fetch(sync.dataset.progress);
      if (answer.ok) sync.innerHTML = await answer.text();
    } catch {
      // Try again at the next beat.
    }
    setTimeout(draw, 2500);
  };
  setTimeout(draw, 1500);
})();
