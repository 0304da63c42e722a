// «Send me the result»: WeChat's own button, which asks the citizen in WeChat's own words.
//
// <section data-subscribe hidden>
//   <wx-open-subscribe template="…">…</wx-open-subscribe>
//   <p role="status" data-subscribe-said data-accepted="…" data-declined="…" data-failed="…"></p>
// </section>
// Stays hidden until WeChat's script stands ready: outside WeChat the button could do nothing.
import { withWeChat } from "./wechat.js";

function answered(section, outcome) {
  const said = section.querySelector("[data-subscribe-said]");
  said.textContent = said.dataset[outcome];
  section.dataset.subscribe = outcome;
}

// {"<template id>": "{\"status\":\"accept\"}"}, itself a text [R].
function readAnswer(details) {
  try {
    const answers = Object.values(JSON.parse(details)).map((one) => JSON.parse(one).status);
    return answers.includes("accept") ? "accepted" : "declined";
  } catch {
    return "failed";
  }
}

for (const section of document.querySelectorAll("[data-subscribe]")) {
  withWeChat({ openTagList: ["wx-open-subscribe"] }, () => {
    const tag = section.querySelector("wx-open-subscribe");
    tag.addEventListener("success", ({ detail }) => answered(section, readAnswer(detail.subscribeDetails)));
    tag.addEventListener("error", () => answered(section, "failed"));
    section.hidden = false;
  });
}
