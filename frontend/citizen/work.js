// The proof of work that the ballot of a raised score brings along (ADR 25); pages without one do not load this file.
//
// <form data-ballot … data-work='{"parameters":{…}}' data-text-working data-text-worked data-text-unworked>
//   hidden «work», filled here with the derived key in hex; [data-work-state], a status line that readers are told.
// It begins with the page and is done, as a rule, before anybody has picked. «minyi:worked» on the form says it has ended.

import { solve } from "./proof.js";

async function work(form) {
  const state = form.querySelector("[data-work-state]");
  const say = (sentence) => {
    state.hidden = false;
    state.textContent = sentence;
  };
  say(form.dataset.textWorking);
  try {
    form.elements.work.value = await solve(JSON.parse(form.dataset.work));
    say(form.dataset.textWorked);
  } catch {
    say(form.dataset.textUnworked); // the ballot box then says what to do instead
  }
  form.dataset.worked = "";
  form.dispatchEvent(new Event("minyi:worked"));
}

for (const form of document.querySelectorAll("form[data-work]")) work(form);
