// The progress of a report, asked for while one is made. Without script the page is loaded again by hand.
const place = document.querySelector("[data-progress]");
let pause = 1000;
async function follow() {
  if (!place?.querySelector("[data-running]")) return;
  const answer = await fetch(place.dataset.progress, { credentials: "same-origin" }).catch(() => null);
  if (answer?.ok) place.innerHTML = await answer.text();
  pause = Math.min(pause * 1.3, 8000);
  setTimeout(follow, pause);
}
setTimeout(follow, pause);
