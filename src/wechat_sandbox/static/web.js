// SPDX-License-Identifier: Apache-2.0
// The phone's browser: back, refresh, the page's own title and address, and what the JS-SDK inside
// asks of the phone.

const frame = document.querySelector("iframe.web");
const back = document.querySelector("[data-back]");
const refresh = document.querySelector("[data-refresh]");
const title = document.querySelector("[data-title]");
const shownAddress = document.querySelector("[data-address]");
const menu = document.querySelector("[data-web-menu]");
const popup = document.querySelector("[data-popup]");
const { origin, account } = frame.dataset;
const notes = document.querySelector("[data-told]");
let address = frame.getAttribute("src");
let pages = 0;
let goingBack = false;
let reloading = false;
const loading = document.querySelector("[data-loading]");
// A page that came before this script is not heard any more: the bar goes by itself.
const LOADING_MS = 8000;

function showLoading() {
  loading.hidden = false;
  setTimeout(() => (loading.hidden = true), LOADING_MS);
}
showLoading();

// A page tells what it is once, just before its load or just after: then nothing need be guessed.
const TELLING_MS = 500;
let isTold = false;
let isFirst = true; // its address we know
let waiting = 0;

// A page of another origin that says nothing: only the site is certain, as after a link or a redirect.
function forgetPage() {
  shownAddress.textContent = new URL(origin).host;
  title.textContent = shownAddress.textContent;
}

// The framed page is another origin: all we may see is that a page has loaded.
frame.addEventListener("load", () => {
  if (goingBack) pages -= 1;
  else if (!reloading) pages += 1;
  goingBack = false;
  reloading = false;
  back.hidden = pages < 2;
  loading.hidden = true;
  // WeChat's own pages, articles above all, are of our origin and carry no script.
  const inside = origin === location.origin ? frame.contentDocument : null;
  if (inside) readPage({ title: inside.title, path: inside.location.pathname + inside.location.search });
  clearTimeout(waiting);
  const isKnown = isFirst || isTold || inside;
  waiting = isTold ? 0 : setTimeout(() => {
    waiting = 0;
    if (!isKnown) forgetPage();
  }, TELLING_MS);
  isFirst = isTold = false;
});

back.addEventListener("click", () => {
  goingBack = true;
  history.back();
});

refresh.addEventListener("click", (event) => {
  event.preventDefault();
  reloading = true;
  showLoading();
  frame.contentWindow.location.replace(address);
});

menu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.querySelector("[data-copy]")?.addEventListener("click", async (event) => {
  await navigator.clipboard.writeText(shareable.link);
  event.currentTarget.textContent = event.currentTarget.dataset.done;
});

const shareable = { title: title.textContent, desc: "", link: frame.dataset.link, imgUrl: "" };

function showShare(told) {
  Object.assign(shareable, told);
  document.querySelector("[data-share-title]").textContent = shareable.title;
  document.querySelector("[data-share-desc]").textContent = shareable.desc;
  for (const field of document.querySelectorAll("[data-share-link]")) {
    const query = new URLSearchParams({ account, url: shareable.link });
    field.value = `/web?${query}`;
  }
}

// A page may tell what it is: {kind: "page", title: "…", path: "/…"}.
function readPage({ title: words, path }) {
  if (typeof words !== "string" || typeof path !== "string") return;
  title.textContent = words.slice(0, 60);
  if (!/^\/(?![/\\])/.test(path)) return;
  clearTimeout(waiting);
  isTold = waiting === 0; // the load of this page is still to come
  waiting = 0;
  address = origin + path;
  shownAddress.textContent = new URL(address).host + path;
  showShare({ title: words.slice(0, 60), link: address });
}

async function post(path, told) {
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams(told) });
  const words = await answer.json();
  if (!answer.ok) throw words;
  return words;
}

// Shows the popup and waits for the citizen; what they chose is what the page hears.
async function subscribe({ templates }) {
  const query = new URLSearchParams({ account });
  for (const one of templates) query.append("template", one);
  const answer = await fetch(`/web/subscribe?${query}`);
  if (!answer.ok) throw await answer.json();
  if (answer.headers.get("Content-Type").startsWith("application/json")) return answer.json();
  popup.innerHTML = await answer.text();
  popup.showModal();
  const form = popup.querySelector("form");
  return new Promise((resolve, reject) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const told = new FormData(form, event.submitter);
      popup.close("answered");
      post("/web/subscribe", told).then(resolve, reject);
    });
    popup.addEventListener("close", () => {
      if (popup.returnValue !== "answered") {
        const told = new FormData(form);
        told.set("decision", "cancel");
        post("/web/subscribe", told).then(resolve, reject);
      }
      popup.returnValue = "";
    }, { once: true });
  });
}

const orders = {
  config: ({ appId, timestamp, nonceStr, signature, url }) =>
    post("/web/config", { appId, timestamp, nonceStr, signature, url, account }),
  subscribe,
  updateAppMessageShareData: ({ share }) => showShare(share),
  updateTimelineShareData: ({ share }) => showShare(share),
  getLocation: () => ({ latitude: 30.2741, longitude: 120.1551, speed: 0, accuracy: 30 }),
  scanQRCode: () => location.assign("/scan"),
  closeWindow: () => document.querySelector("[data-close]").click(),
  launch: ({ appid, path }) => location.assign(`/mini?${new URLSearchParams({ appid, path, back: account })}`),
};

addEventListener("message", async (event) => {
  if (event.source !== frame.contentWindow || event.origin !== origin) return;
  const { kind, id } = event.data ?? {};
  if (kind === "page") readPage(event.data);
  if (typeof kind !== "string" || !kind.startsWith("wx.") || !(kind.slice(3) in orders)) return;
  const answer = (ok, told) => event.source.postMessage({ kind: "wx.answer", id, ok, told }, event.origin);
  try {
    answer(true, (await orders[kind.slice(3)](event.data)) ?? {});
  } catch (told) {
    answer(false, told instanceof Error ? { errMsg: `${kind.slice(3)}:fail ${told.message}` } : told);
    notes.hidden = false;
    notes.textContent = told?.errMsg ?? told?.errmsg ?? String(told);
    setTimeout(() => (notes.hidden = true), 6000);
  }
});
