// How this page was used: a claim of the browser, one sign among many of who brushes votes.
// It leaves the phone with the ballot only, says nothing about the picks, and is read by no other page.

const PAGES = "minyi-pages";

let touches = 0;
addEventListener("pointerdown", () => touches++, { passive: true });

function pages() {
  try {
    return Number(sessionStorage.getItem(PAGES)) || 1;
  } catch {
    return 1; // private browsing without storage
  }
}

try {
  sessionStorage.setItem(PAGES, (Number(sessionStorage.getItem(PAGES)) || 0) + 1);
} catch {
  // The page then counts as the only one.
}

/** Milliseconds on this page, touches on it, pages seen in this visit. */
export function conduct() {
  const limit = (value, most) => Math.min(Math.round(value), most);
  return [limit(performance.now(), 999999999), limit(touches, 99999), limit(pages(), 99999)].join(",");
}
