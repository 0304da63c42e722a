// SPDX-License-Identifier: Apache-2.0
// The sandbox's own JS-SDK, under the address WeChat's has (/open/js/jweixin-1.6.0.js). It speaks to
// the phone around the frame; outside the phone every call fails, as WeChat's does in a browser.

(() => {
  const answers = new Map();
  const readers = [];
  const objectors = [];
  let last = 0;
  let standing = "new"; // then ready or refused
  let refusal = null;
  let tags = [];

  function ask(kind, told = {}) {
    return new Promise((resolve, reject) => {
      if (parent === window) {
        reject({ errMsg: `${kind}:fail not in WeChat` });
        return;
      }
      last += 1;
      answers.set(last, { resolve, reject });
      parent.postMessage({ kind: `wx.${kind}`, id: last, ...told }, "*");
    });
  }

  addEventListener("message", (event) => {
    if (event.source !== parent || event.data?.kind !== "wx.answer") return;
    const waiting = answers.get(event.data.id);
    answers.delete(event.data.id);
    if (event.data.ok) waiting?.resolve(event.data.told);
    else waiting?.reject(event.data.told);
  });

  function settle(name, promise, options = {}) {
    promise.then(
      (told) => {
        const result = { errMsg: `${name}:ok`, ...told };
        options.success?.(result);
        options.complete?.(result);
      },
      (told) => {
        const cancelled = told?.cancelled;
        const result = cancelled ? { errMsg: `${name}:cancel` } : { errMsg: `${name}:fail`, ...told };
        (cancelled ? options.cancel : options.fail)?.(result);
        options.complete?.(result);
      },
    );
  }

  // Calls made before wx.config was answered wait; after a refusal they fail.
  function allowed() {
    return new Promise((resolve, reject) => {
      if (standing === "ready") resolve();
      else if (standing === "refused") reject(refusal);
      else {
        readers.push(resolve);
        objectors.push(reject);
      }
    });
  }

  const call = (name, told) => (options = {}) =>
    settle(name, allowed().then(() => ask(name, told?.(options) ?? {})), options);

  const share = ({ title, desc = "", link = location.href, imgUrl = "" }) => ({
    share: { title: String(title ?? ""), desc: String(desc), link: String(link), imgUrl: String(imgUrl) },
  });

  const wx = {
    config(options) {
      const { appId, timestamp, nonceStr, signature, openTagList = [] } = options;
      tags = openTagList;
      const url = location.href.split("#")[0];
      ask("config", { appId, timestamp: String(timestamp), nonceStr, signature, url }).then(
        () => {
          standing = "ready";
          for (const reader of readers.splice(0)) reader();
        },
        (told) => {
          standing = "refused";
          refusal = { errMsg: told?.errMsg ?? "config:fail" };
          for (const objector of objectors.splice(0)) objector(refusal);
        },
      );
    },
    ready(reader) {
      if (standing === "ready") queueMicrotask(reader);
      else readers.push(reader);
    },
    error(objector) {
      if (standing === "refused") queueMicrotask(() => objector(refusal));
      else objectors.push(objector);
    },
    checkJsApi({ jsApiList = [], success }) {
      const checkResult = Object.fromEntries(jsApiList.map((name) => [name, name in wx]));
      success?.({ errMsg: "checkJsApi:ok", checkResult });
    },
    updateAppMessageShareData: call("updateAppMessageShareData", share),
    updateTimelineShareData: call("updateTimelineShareData", share),
    getLocation: call("getLocation"),
    scanQRCode: call("scanQRCode"),
    closeWindow: call("closeWindow"),
    hideOptionMenu: () => {},
    showOptionMenu: () => {},
    hideMenuItems: () => {},
    showMenuItems: () => {},
    miniProgram: { getEnv: (told) => told({ miniprogram: false }) },
  };

  class OpenTag extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      const root = this.attachShadow({ mode: "open" });
      // While the page is being read, the tag stands before its inside.
      const fill = () => this.fill(root);
      if (document.readyState === "loading") addEventListener("DOMContentLoaded", fill, { once: true });
      else queueMicrotask(fill);
    }

    // Both ways of writing the inside that WeChat takes: <template> and <script type="text/wxtag-template">.
    fill(root) {
      const style = this.querySelector("template[slot=style]");
      if (style) root.append(style.content.cloneNode(true));
      const inside = this.querySelector("template:not([slot]), script[type='text/wxtag-template']:not([slot])");
      if (inside instanceof HTMLTemplateElement) root.append(inside.content.cloneNode(true));
      else if (inside) root.append(document.createRange().createContextualFragment(inside.textContent));
      this.addEventListener("click", () => this.pressed());
    }

    tell(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
    }
  }

  customElements.define(
    "wx-open-subscribe",
    class extends OpenTag {
      async pressed() {
        if (!tags.includes("wx-open-subscribe")) {
          this.tell("error", { errMsg: "subscribe:fail openTagList", errCode: 10001 });
          return;
        }
        const templates = (this.getAttribute("template") ?? "").split(",").map((one) => one.trim());
        try {
          await allowed();
          const { details } = await ask("subscribe", { templates: templates.filter(Boolean) });
          const shown = Object.fromEntries(
            Object.entries(details).map(([id, status]) => [id, JSON.stringify({ status })]),
          );
          this.tell("success", { errMsg: "subscribe:ok", subscribeDetails: JSON.stringify(shown) });
        } catch (told) {
          this.tell("error", { errMsg: told?.errMsg ?? "subscribe:fail", errCode: told?.errCode ?? 10002 });
        }
      }
    },
  );

  customElements.define(
    "wx-open-launch-weapp",
    class extends OpenTag {
      pressed() {
        const told = { appid: this.getAttribute("appid") ?? "", path: this.getAttribute("path") ?? "" };
        ask("launch", told).then(
          () => this.tell("launch", { errMsg: "launch:ok" }),
          () => this.tell("error", { errMsg: "launch:fail" }),
        );
      }
    },
  );

  window.wx = window.jWeixin = wx;
})();
