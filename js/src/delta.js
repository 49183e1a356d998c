/** Undoes what packs a column well: bytes in planes, and differences in time. */

const SIZES = { f8: 8, f4: 4, i4: 4, u1: 1 };

/**
 * @param {ArrayBuffer} packed first bytes of all values, then second bytes, ...; each row but the first a difference
 * @param {string} dtype @param {number} rows
 * @returns {ArrayBuffer}
 */
export function restored(packed, dtype, rows) {
  const size = SIZES[/** @type {keyof typeof SIZES} */ (dtype)];
  if (!size) throw new Error(`unknown dtype: ${dtype} (known: ${Object.keys(SIZES).join(", ")})`);
  const count = packed.byteLength / size, width = rows ? count / rows : 0;
  const out = unplaned(new Uint8Array(packed), size, count);
  if (size === 8) sumPairs(new Uint32Array(out), width);
  else sum(size === 4 ? new Uint32Array(out) : new Uint8Array(out), width);
  return out;
}

/** @param {Uint8Array} planes @param {number} size @param {number} count */
function unplaned(planes, size, count) {
  const out = new Uint8Array(count * size);
  for (let b = 0; b < size; b++) for (let k = 0; k < count; k++) out[k * size + b] = planes[b * count + k];
  return out.buffer;
}

/** Typed arrays wrap around, as the differences did. @param {Uint32Array | Uint8Array} bits @param {number} width */
function sum(bits, width) {
  for (let k = width; k < bits.length; k++) bits[k] += bits[k - width];
}

/** 64 bits as two halves with a carry: BigInt is ten times slower. @param {Uint32Array} halves @param {number} width */
function sumPairs(halves, width) {
  for (let k = 2 * width; k < halves.length; k += 2) {
    const low = halves[k] + halves[k - 2 * width];
    halves[k] = low;
    halves[k + 1] += halves[k + 1 - 2 * width] + (low > 0xffffffff ? 1 : 0);
  }
}
