// SPDX-License-Identifier: Apache-2.0
// An archive of evidence (votelog/_zip.py): files that stand one after the other, uncompressed.

import { fromUtf8 } from "./bytes.js";
import { Fault } from "./fault.js";

const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const END_64_BYTES = 56;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const FAR = 0xffffffff;
const MARK = { end: 0x06054b50, locator: 0x07064b50, end64: 0x06064b50, central: 0x02014b50, local: 0x04034b50 };

const broken = () => new Fault("zip_malformed");

/** Return {paths, read(path)} of a Blob. */
export async function openArchive(blob) {
  const files = new Map();
  const { count, length, offset } = await readEnd(blob);
  if (offset + length > blob.size) throw broken();
  const table = await cut(blob, offset, length);
  let at = 0;
  for (let number = 0; number < count; number += 1) {
    const { name, place, size, next } = readRow(table, at);
    if (files.has(name)) throw broken();
    files.set(name, { place, size });
    at = next;
  }
  if (at !== length) throw broken();
  return { paths: [...files.keys()], sizeOf: (path) => files.get(path)?.size, read: (path) => readFile(blob, files, path) };
}

async function readFile(blob, files, path) {
  const file = files.get(path);
  if (!file) throw new Fault("file_missing", { path });
  const head = await cut(blob, file.place, LOCAL_BYTES);
  if (head.byteLength < LOCAL_BYTES || head.getUint32(0, true) !== MARK.local) throw broken();
  const start = file.place + LOCAL_BYTES + head.getUint16(26, true) + head.getUint16(28, true);
  const content = await cut(blob, start, file.size);
  if (content.byteLength !== file.size) throw broken();
  return new Uint8Array(content.buffer);
}

async function readEnd(blob) {
  const end = await cut(blob, blob.size - END_BYTES, END_BYTES);
  if (end.byteLength !== END_BYTES || end.getUint32(0, true) !== MARK.end) throw broken();
  const locator = await cut(blob, blob.size - END_BYTES - LOCATOR_BYTES, LOCATOR_BYTES);
  if (locator.byteLength !== LOCATOR_BYTES || locator.getUint32(0, true) !== MARK.locator) {
    return { count: end.getUint16(10, true), length: end.getUint32(12, true), offset: end.getUint32(16, true) };
  }
  const large = await cut(blob, far(locator, 8), END_64_BYTES);
  if (large.byteLength !== END_64_BYTES || large.getUint32(0, true) !== MARK.end64) throw broken();
  return { count: far(large, 32), length: far(large, 40), offset: far(large, 48) };
}

function readRow(table, at) {
  if (at + CENTRAL_BYTES > table.byteLength || table.getUint32(at, true) !== MARK.central) throw broken();
  const [method, size, stored] = [table.getUint16(at + 10, true), table.getUint32(at + 24, true), table.getUint32(at + 20, true)];
  const [nameBytes, extraBytes] = [table.getUint16(at + 28, true), table.getUint16(at + 30, true)];
  const nameAt = at + CENTRAL_BYTES;
  const next = nameAt + nameBytes + extraBytes;
  if (method !== 0 || size !== stored || next > table.byteLength) throw broken();
  const near = table.getUint32(at + 42, true);
  const place = near === FAR && extraBytes >= 12 ? far(table, nameAt + nameBytes + 4) : near;
  return { name: textOf(new Uint8Array(table.buffer, nameAt, nameBytes)), place, size, next };
}

function textOf(bytes) {
  try {
    return fromUtf8(bytes);
  } catch {
    throw broken();
  }
}

const far = (view, at) => Number(view.getBigUint64(at, true));

const cut = async (blob, start, length) =>
  new DataView(await blob.slice(Math.max(start, 0), Math.max(start, 0) + length).arrayBuffer());
