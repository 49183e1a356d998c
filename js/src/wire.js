/** Bytes from the kernel into typed arrays. */

import { restored } from "./delta.js";

/** @import { Bytes, Cell, Kept, Numbers, WireColumn } from "./types" */

const ARRAYS = { f8: Float64Array, f4: Float32Array, i4: Int32Array, u1: Uint8Array };

/** @param {string} [dtype] */
function arrayType(dtype = "f8") {
  const type = ARRAYS[/** @type {keyof typeof ARRAYS} */ (dtype)];
  if (!type) throw new Error(`unknown dtype: ${dtype} (known: ${Object.keys(ARRAYS).join(", ")})`);
  return type;
}

/** @param {Bytes} bytes @returns {ArrayBuffer} a copy that starts at 0, as typed arrays need */
export function copied(bytes) {
  if (bytes instanceof ArrayBuffer) return bytes;
  const { buffer, byteOffset, byteLength } = bytes;
  return /** @type {ArrayBuffer} */ (buffer.slice(byteOffset, byteOffset + byteLength));
}

/** @param {Bytes} bytes @param {string} [dtype] @returns {Numbers} */
export function numbers(bytes, dtype) {
  const type = arrayType(dtype);
  const whole = copied(bytes);
  return new type(whole, 0, Math.floor(whole.byteLength / type.BYTES_PER_ELEMENT));
}

/** @param {number[]} shape */
const product = (shape) => shape.reduce((a, b) => a * b, 1);

/** How many bytes a column's buffer holds for `rows` rows. @param {WireColumn} col @param {number} rows */
export function byteLength(col, rows) {
  const count = col.sizes ? col.sizes.reduce((sum, shape) => sum + product(shape), 0) : rows * product(col.shape ?? []);
  return count * arrayType(col.dtype).BYTES_PER_ELEMENT;
}

/**
 * One column of heavy rows, a cell for each row.
 * @param {WireColumn} col @param {Bytes[]} buffers @param {number} rows
 * @returns {(Cell | string | string[] | null)[]}
 */
export function cells(col, buffers, rows) {
  if (col.json) return /** @type {string[]} */ (col.json);
  const data = numbers(buffers[col.buffer ?? 0], col.dtype);
  const shapes = col.sizes ?? Array.from({ length: rows }, () => col.shape ?? []);
  let from = 0;
  return shapes.map((shape) => {
    const to = from + product(shape);
    const cell = { data: data.subarray(from, to), shape };
    from = to;
    return cell;
  });
}

/**
 * The `first` trait: a data message as one run of bytes (u32 length, JSON header, buffers in order).
 * @param {Bytes | null | undefined} bytes
 * @returns {Kept | null}
 */
export function unpacked(bytes) {
  if (!bytes || bytes.byteLength < 5) return null;
  const whole = copied(bytes);
  const length = new DataView(whole).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(whole, 4, length)));
  const message = { type: "data", light: [0, 1], heavy: [0, 1], count: 1, epoch: -1, ...header };
  /** @type {Bytes[]} */
  const buffers = [];
  let at = 4 + length;
  if (!message.cols) return { message, buffers: [whole.slice(at)] };
  for (const col of inOrder(message.cols)) {
    const said = message.sizes?.[col.buffer ?? 0];
    const rows = col.part === "light" ? message.light[1] - message.light[0] : message.heavy[1] - message.heavy[0];
    const size = said ?? byteLength(col, rows);
    buffers[col.buffer ?? 0] = whole.slice(at, at + size);
    at += size;
  }
  return { message, buffers };
}

/** The same where a notebook keeps it: gzipped, each column as differences in time. @param {Bytes | null | undefined} bytes @returns {Promise<Kept | null>} */
export async function opened(bytes) {
  if (!bytes || bytes.byteLength < 5) return null;
  const whole = copied(bytes), [a, b, , , fifth] = new Uint8Array(whole, 0, 5);
  if (a !== 0x1f || b !== 0x8b || fifth === 0x7b) return unpacked(whole); // a plain one begins its header at the fifth
  const plain = new Blob([whole]).stream().pipeThrough(new DecompressionStream("gzip"));
  const found = unpacked(await new Response(plain).arrayBuffer());
  const { light, heavy, cols = [] } = /** @type {Kept} */ (found).message;
  for (const { delta, part, buffer = 0, dtype = "f8" } of cols) {
    const rows = part === "light" ? light[1] : heavy[1];
    if (delta && found) found.buffers[buffer] = restored(/** @type {ArrayBuffer} */ (found.buffers[buffer]), dtype, rows);
  }
  return found;
}

/** @param {WireColumn[]} cols */
function inOrder(cols) {
  return cols.filter((col) => col.buffer != null).sort((a, b) => (a.buffer ?? 0) - (b.buffer ?? 0));
}
