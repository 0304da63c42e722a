// SPDX-License-Identifier: Apache-2.0
// The desk draws itself anew every few seconds without moving the reader: the focus, the place in
// the thread and what was typed stay. Without a script the same pages work by reloading.
(() => {
  const inbox = document.querySelector("[data-desk-inbox]");
  const talk = document.querySelector("[data-desk-live]");
  const title = document.title;

  function every(ms, look) {
    setInterval(() => {
      if (!document.hidden) look();
    }, ms);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) look();
    });
  }

  async function fetched(url) {
    try {
      const answer = await fetch(url, { credentials: "same-origin" });
      return answer.ok && !answer.redirected ? await answer.text() : null;
    } catch {
      return null; // the network is away: the page stays as it is
    }
  }

  function put(place, html) {
    if (!place || place.dataset.shown === html) return;
    const first = place.dataset.shown === undefined;
    place.dataset.shown = html;
    if (first && place.innerHTML === html) return;
    const key = place.contains(document.activeElement) && document.activeElement.dataset.key;
    place.innerHTML = html;
    if (key) place.querySelector(`[data-key="${key}"]`)?.focus({ preventScroll: true });
  }

  if (inbox) {
    const place = inbox.querySelector("[data-part=inbox]");
    const said = inbox.querySelector("[data-said]");
    const sound = inbox.querySelector("[data-sound]");
    const waitingNow = () => Number(place.querySelector("[data-waiting]")?.dataset.waiting ?? 0);
    let waiting = waitingNow();

    const entitle = () => {
      document.title = waiting ? `(${waiting}) ${title}` : title;
    };
    sound.closest("label").hidden = !("AudioContext" in window);
    const beep = () => {
      const context = new AudioContext();
      const tone = context.createOscillator();
      const volume = context.createGain();
      volume.gain.value = 0.08;
      tone.frequency.value = 660;
      tone.connect(volume).connect(context.destination);
      tone.start();
      tone.stop(context.currentTime + 0.18);
      tone.onended = () => context.close();
    };
    sound.addEventListener("change", () => sound.checked && beep());

    entitle();
    every(Number(inbox.dataset.every), async () => {
      const html = await fetched(inbox.dataset.deskInbox + location.search);
      if (html === null) return;
      put(place, html);
      const now = waitingNow();
      if (now > waiting) {
        said.textContent = `${inbox.dataset.new} (${now})`;
        if (sound.checked) beep();
      }
      waiting = now;
      entitle();
    });
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.target.closest("input, textarea, select")) return;
      const step = { j: 1, k: -1 }[event.key.toLowerCase()];
      if (!step) return;
      const rows = [...place.querySelectorAll("[data-row]")];
      const here = rows.indexOf(document.activeElement);
      rows[Math.max(0, Math.min(rows.length - 1, here + step))]?.focus();
    });
  }

  if (talk) {
    const form = talk.querySelector("[data-answer]");
    const words = form?.querySelector("textarea");
    const send = form?.querySelector("[data-send]");
    const thread = () => talk.querySelector("[data-thread]");
    const toEnd = () => {
      thread().scrollTop = thread().scrollHeight;
    };
    // Who reads further up stays there; who is at the end stays at the end, also when a picture
    // arrives and makes the thread longer.
    let follows = true;
    talk.addEventListener(
      "scroll",
      (event) => {
        const box = event.target;
        if (box === thread()) follows = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
      },
      true,
    );
    for (const arrived of ["load", "error"]) {
      talk.addEventListener(arrived, () => follows && toEnd(), true);
    }

    if (!("still" in talk.dataset)) {
      toEnd();
      every(Number(talk.dataset.every), async () => {
        const html = await fetched(talk.dataset.deskLive);
        if (html === null) return;
        const fresh = new DOMParser().parseFromString(html, "text/html");
        const [said, side] = ["thread", "side"].map((name) => fresh.querySelector(`[data-fresh=${name}]`));
        if (!said || !side) return;
        const stays = !follows;
        const top = thread().scrollTop;
        put(talk.querySelector("[data-part=thread]"), said.innerHTML);
        put(talk.querySelector("[data-part=side]"), side.innerHTML);
        thread().scrollTop = stays ? top : thread().scrollHeight;
        if (said.dataset.held !== talk.dataset.held) return change(said.dataset.held);
        if (!form) return;
        form.querySelector("[data-seen]").value = said.dataset.seen;
        if (!sending) send.disabled = !said.dataset.way;
      });
    }

    let sending = false;
    const change = (held) => {
      if (!words?.value.trim()) {
        location.reload();
        return;
      }
      // Somebody took it while an answer was being written: say so, and keep the words.
      const warning = form.querySelector("[data-warning]");
      warning.textContent = talk.dataset.changed;
      warning.hidden = false;
      send.disabled = true;
      talk.dataset.held = held;
    };

    if (form) {
      const left = form.querySelector("[data-left]");
      const bytes = new TextEncoder();
      const limit = Number(words.dataset.limit);
      const count = () => {
        const used = bytes.encode(words.value.trim()).length;
        left.textContent = `${used} / ${limit}`;
        left.classList.toggle("is-over", used > limit);
        words.toggleAttribute("aria-invalid", used > limit);
      };
      const insert = (text) => {
        words.setRangeText(text, words.selectionStart, words.selectionEnd, "end");
        words.focus();
        count();
      };
      words.addEventListener("input", count);
      count();
      words.focus({ preventScroll: true });
      form.addEventListener("click", (event) => {
        const button = event.target.closest("[data-insert]");
        if (button) insert(button.dataset.insert);
      });
      form.addEventListener("submit", () => {
        sending = true;
        send.disabled = true;
      });
      addEventListener("pageshow", () => {
        sending = false;
      });
      document.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target === words) {
          event.preventDefault();
          if (!send.disabled) form.requestSubmit();
        }
        if (event.altKey && !event.ctrlKey && /^Digit[1-9]$/.test(event.code)) {
          const button = form.querySelectorAll("[data-insert]")[Number(event.code.at(-1)) - 1];
          if (button) {
            event.preventDefault();
            insert(button.dataset.insert);
          }
        }
      });
    }
  }
})();
