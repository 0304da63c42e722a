/** Colours, type and motion as the page has them now: tokens, large type, the reader's own settings. */
export function face() {
  const style = getComputedStyle(document.documentElement);
  const token = (name) => style.getPropertyValue(name).trim();
  const unit = parseFloat(style.fontSize);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    series: [1, 2, 3, 4, 5, 6].map((n) => token(`--chart-${n}`)),
    ink: token("--ink"),
    soft: token("--ink-soft"),
    line: token("--line"),
    card: token("--card"),
    track: token("--lake-50"),
    quiet: token("--lake-400"),
    family: getComputedStyle(document.body).fontFamily,
    unit,
    text: unit * 0.94,
    move: still ? 0 : 700,
  };
}
