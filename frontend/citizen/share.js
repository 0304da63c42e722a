// What WeChat shows when a citizen forwards the page. Only a title, a picture and a link: nobody is asked to share.
//
// <meta name="minyi-share" data-config="/wechat/<account>/jssdk" data-title data-text data-picture data-link>
// Works where the page has loaded WeChat's own script (`wx`), which is only inside WeChat.

const share = document.querySelector('meta[name="minyi-share"]');

async function prepare({ config, title, text, picture, link }) {
  const page = location.href.split("#")[0];
  const answer = await fetch(`${config}?url=${encodeURIComponent(page)}`).catch(() => null);
  if (!answer?.ok) return;
  const { appId, timestamp, nonceStr, signature } = await answer.json();
  const jsApiList = ["updateAppMessageShareData", "updateTimelineShareData"];
  window.wx.config({ appId, timestamp, nonceStr, signature, jsApiList });
  window.wx.ready(() => {
    window.wx.updateAppMessageShareData({ title, desc: text, link: link || page, imgUrl: picture });
    window.wx.updateTimelineShareData({ title, link: link || page, imgUrl: picture });
  });
}

if (share && window.wx) prepare(share.dataset);
