/** WebM: pictures of one stream, each with its time, and the index by which a player seeks. See https://www.webmproject.org/docs/container/ */

/** @typedef {{data: Uint8Array, time: number, key: boolean}} Packet times in ms */
/** @typedef {number | string | Float64Array | Uint8Array | Element[]} Content */
/** @typedef {[id: number, content: Content]} Element */

const CODEC = "vp09.00.51.08"; // VP9, 8 bits, any size that a page has
const KEY = 2000; // ms from one picture that stands by itself to the next
const BITS = 0.16; // of a pixel of a picture: lines and letters stay sharp

/** Can this browser make one? Where a page came neither from this machine nor by https, it cannot. */
export const makesWebm = () => typeof VideoEncoder === "function";

/**
 * @param {number} width @param {number} height even numbers @param {number} rate pictures a second
 */
export function webm(width, height, rate) {
  /** @type {Packet[]} */
  const packets = [];
  /** @type {unknown} */
  let fault = null;
  let keyed = -Infinity;
  const encoder = new VideoEncoder({
    output(chunk) {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      packets.push({ data, time: Math.round(chunk.timestamp / 1000), key: chunk.type === "key" });
    },
    error: (error) => (fault = error),
  });
  encoder.configure({ codec: CODEC, width, height, framerate: rate, bitrate: Math.round(width * height * Math.max(10, rate) * BITS), latencyMode: "quality" });

  return {
    /** @param {OffscreenCanvas} canvas @param {number} from @param {number} to in ms */
    async add(canvas, from, to) {
      if (fault) throw fault;
      const frame = new VideoFrame(canvas, { timestamp: from * 1000, duration: (to - from) * 1000 });
      const key = from - keyed >= KEY;
      if (key) keyed = from;
      encoder.encode(frame, { keyFrame: key });
      frame.close();
      while (encoder.encodeQueueSize > 2) await new Promise((then) => encoder.addEventListener("dequeue", then, { once: true }));
    },
    /** @param {number} duration in ms @returns {Promise<Blob>} */
    async end(duration) {
      await encoder.flush();
      encoder.close();
      if (fault) throw fault;
      return new Blob([/** @type {BlobPart} */ (file({ width, height, duration, packets }))], { type: "video/webm" });
    },
    close() {
      if (encoder.state !== "closed") encoder.close();
    },
  };
}

/** @param {{width: number, height: number, duration: number, packets: Packet[]}} film @returns {Uint8Array} */
export function file({ width, height, duration, packets }) {
  const clusters = clustered(packets);
  const info = encoded([0x1549a966, [[0x2ad7b1, 1_000_000], [0x4489, Float64Array.of(duration)], [0x4d80, "mlwidgets"], [0x5741, "mlwidgets"]]]);
  const track = encoded([0x1654ae6b, [[0xae, [[0xd7, 1], [0x73c5, 1], [0x9c, 0], [0x83, 1], [0x86, "V_VP9"], [0xe0, [[0xb0, width], [0xba, height]]]]]]]);
  const cues = (/** @type {number} */ from) => encoded([0x1c53bb6b, indexed(clusters, from)]);
  const before = info.length + track.length + cues(0).length; // the index is as long wherever it points
  const head = encoded([0x1a45dfa3, [[0x4286, 1], [0x42f7, 1], [0x42f2, 4], [0x42f3, 8], [0x4282, "webm"], [0x4287, 4], [0x4285, 2]]]);
  const body = joined([info, track, cues(before), ...clusters.map(({ bytes }) => bytes)]);
  return joined([head, encoded([0x18538067, body])]);
}

/** One from each picture that stands by itself. @param {Packet[]} packets */
function clustered(packets) {
  /** @type {Packet[][]} */
  const groups = [];
  for (const packet of packets) {
    if (packet.key || !groups.length) groups.push([]);
    groups[groups.length - 1].push(packet);
  }
  return groups.map((group) => {
    const { time } = group[0];
    /** @type {Element[]} */
    const blocks = group.map((p) => [0xa3, joined([Uint8Array.of(0x81, ((p.time - time) >> 8) & 255, (p.time - time) & 255, p.key ? 0x80 : 0), p.data])]);
    return { time, bytes: encoded([0x1f43b675, [[0xe7, time], ...blocks]]) };
  });
}

/** @param {{time: number, bytes: Uint8Array}[]} clusters @param {number} from where the first begins @returns {Element[]} */
function indexed(clusters, from) {
  return clusters.map(({ time, bytes }) => {
    const at = from;
    from += bytes.length;
    return [0xbb, [[0xb3, wide(time)], [0xb7, [[0xf7, 1], [0xf1, wide(at)]]]]];
  });
}

/** @param {Element} element @returns {Uint8Array} */
function encoded([id, content]) {
  const bytes = bytesOf(content);
  return joined([shortest(id), sized(bytes.length), bytes]);
}

/** @param {Content} content @returns {Uint8Array} */
function bytesOf(content) {
  if (content instanceof Uint8Array) return content;
  if (content instanceof Float64Array) {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, content[0]);
    return new Uint8Array(view.buffer);
  }
  if (typeof content === "number") return shortest(content);
  if (typeof content === "string") return new TextEncoder().encode(content);
  return joined(content.map(encoded));
}

/** A whole number in as few bytes as hold it. @param {number} n */
function shortest(n) {
  const bytes = [];
  do bytes.unshift(n % 256);
  while ((n = Math.floor(n / 256)));
  return Uint8Array.from(bytes);
}

/** In eight bytes, whatever it is. @param {number} n */
function wide(n) {
  const small = shortest(n), bytes = new Uint8Array(8);
  bytes.set(small, 8 - small.length);
  return bytes;
}

/** A length in eight bytes, of which the first says so. @param {number} n */
function sized(n) {
  const bytes = wide(n);
  bytes[0] = 1;
  return bytes;
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
