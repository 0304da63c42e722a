// SPDX-License-Identifier: Apache-2.0
// The title bar of the phone's browser: back, refresh, and the page's own title.

const frame = document.querySelector("iframe.web");
const back = document.querySelector("[data-back]");
const refresh = document.querySelector("[data-refresh]");
const title = document.querySelector("[data-title]");
let address = frame.getAttribute("src");
let pages = 0;
let goingBack = false;
let reloading = false;

// The framed page is another origin: all we may see is that a page has loaded.
frame.addEventListener("load", () => {
  if (goingBack) pages -= 1;
  else if (!reloading) pages += 1;
  goingBack = false;
  reloading = false;
  back.hidden = pages < 2;
});

back.addEventListener("click", () => {
  goingBack = true;
  history.back();
});

refresh.addEventListener("click", (event) => {
  event.preventDefault();
  reloading = true;
  frame.contentWindow.location.replace(address);
});

// A page may tell what it is: {kind: "page", title: "…", path: "/…"}.
addEventListener("message", (event) => {
  const { origin } = frame.dataset;
  if (event.source !== frame.contentWindow || event.origin !== origin) return;
  const { kind, title: words, path } = event.data ?? {};
  if (kind !== "page" || typeof words !== "string" || typeof path !== "string") return;
  title.textContent = words.slice(0, 60);
  if (/^\/(?![/\\])/.test(path)) address = origin + path;
});
