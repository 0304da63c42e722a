// What WeChat shows when a citizen forwards the page. Only a title, a picture and a link: nobody is asked to share.
//
// <meta name="minyi-share" data-title data-text data-picture data-link>
import { withWeChat } from "./wechat.js";

const share = document.querySelector('meta[name="minyi-share"]');
const jsApiList = ["updateAppMessageShareData", "updateTimelineShareData"];

if (share) {
  const { title, text, picture = "", link } = share.dataset;
  withWeChat({ jsApiList }, (wx) => {
    wx.updateAppMessageShareData({ title, desc: text, link, imgUrl: picture });
    wx.updateTimelineShareData({ title, link, imgUrl: picture });
  });
}
