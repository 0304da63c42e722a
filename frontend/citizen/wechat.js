// WeChat's own script, for pages opened inside WeChat: loaded after everything else, and nothing waits for it.
//
// <meta name="minyi-wechat" data-script="https://…/jweixin-1.6.0.js" data-config="/wechat/<account>/jssdk">
// `withWeChat` calls back once wx.config is accepted; outside WeChat, or when anything fails, never.

const page = document.querySelector('meta[name="minyi-wechat"]');
// The sandbox's phone is a frame around the page and cannot name itself WeChat.
const isInside = /MicroMessenger/i.test(navigator.userAgent) || (page && "framed" in page.dataset && parent !== window);
const wanted = { jsApiList: [], openTagList: [], calls: [] };

export function withWeChat({ jsApiList = [], openTagList = [] }, call) {
  if (!page || !isInside) return;
  if (!wanted.calls.length) whenQuiet(start);
  wanted.jsApiList.push(...jsApiList);
  wanted.openTagList.push(...openTagList);
  wanted.calls.push(call);
}

function whenQuiet(work) {
  const later = () => setTimeout(work, 0);
  if (document.readyState === "complete") later();
  else addEventListener("load", later, { once: true });
}

async function start() {
  const [signed] = await Promise.all([signature(), script()]);
  if (!signed || !window.wx) return;
  const { jsApiList, openTagList, calls } = wanted;
  window.wx.ready(() => calls.forEach((call) => call(window.wx)));
  window.wx.config({ ...signed, jsApiList, openTagList });
}

async function signature() {
  const address = location.href.split("#")[0]; // as WeChat sees it, query and all
  const answer = await fetch(`${page.dataset.config}?url=${encodeURIComponent(address)}`).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

function script() {
  return new Promise((resolve) => {
    const tag = document.createElement("script");
    tag.src = page.dataset.script;
    tag.async = true;
    tag.onload = tag.onerror = resolve;
    document.head.append(tag);
  });
}
