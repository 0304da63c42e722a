// SPDX-License-Identifier: Apache-2.0
// Tiles and entry bundles (C2SP tlog-tiles): where the tree lies in files.

import { Fault } from "./fault.js";

export const WIDTH = 256;
export const HEIGHT = 8;
const HASH = 32;

export const tilePath = (level, number, width = WIDTH) => `tile/${level}/${numberPath(number)}${partial(width)}`;
export const bundlePath = (number, width = WIDTH) => `tile/entries/${numberPath(number)}${partial(width)}`;

/** How many hashes tile `number` of a level has in a tree of `size`. */
export function tileWidth(level, number, size) {
  return Math.max(0, Math.min(WIDTH, Math.floor(size / WIDTH ** level) - number * WIDTH));
}

/** The hashes of a tile of which the first `width` are wanted. */
export function splitTile(raw, width, path) {
  if (raw.length % HASH !== 0 || raw.length < width * HASH) throw new Fault("tile_truncated", { path });
  return Array.from({ length: width }, (_, at) => raw.subarray(at * HASH, (at + 1) * HASH));
}

/** The first `width` entries of a bundle of `whole` entries, which must end with the last of them. */
export function splitBundle(raw, width, whole, path) {
  const entries = [];
  let at = 0;
  while (entries.length < whole) {
    if (at + 2 > raw.length) throw new Fault("bundle_truncated", { path });
    const end = at + 2 + raw[at] * 256 + raw[at + 1];
    if (end > raw.length) throw new Fault("bundle_truncated", { path });
    entries.push(raw.subarray(at + 2, end));
    at = end;
  }
  if (at !== raw.length) throw new Fault("bundle_too_long", { path });
  return entries.slice(0, width);
}

/** 1234067 -> x001/x234/067 */
function numberPath(number) {
  const groups = [String(number % 1000).padStart(3, "0")];
  for (let rest = Math.floor(number / 1000); rest; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return groups.join("/");
}

const partial = (width) => (width === WIDTH ? "" : `.p/${width}`);
