// In the sandbox a page lies in the frame of a phone, which cannot look inside: it is told the title and address.
//
// <meta name="minyi-phone" content="http://127.0.0.1:8010/…"> is there in the sandbox alone: an address at the phone's site.
const phone = document.querySelector('meta[name="minyi-phone"]');

if (phone && parent !== window) {
  const told = { kind: "page", title: document.title, path: location.pathname + location.search };
  parent.postMessage(told, new URL(phone.content).origin);
}
