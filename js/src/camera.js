/** A still of the camera, taken on a click where the browser allows it. */
import { el } from "./dom.js";

/** What went wrong, in words. @type {Record<string, string>} */
const WHY = {
  NotAllowedError: "may not be used: the browser or you refused it; allow it for this page, or upload a picture",
  NotFoundError: "is not there: connect one, or upload a picture",
  NotReadableError: "is in use by another program: close that, or upload a picture",
  SecurityError: "may not be used by this page: upload a picture",
};

/** Only a page that came by https, or from this machine, has one. */
export const hasCamera = () => Boolean(globalThis.navigator?.mediaDevices?.getUserMedia);

/** One picture; the camera is off again before it is looked at. RangeError says why there is none. */
export async function still() {
  /** @type {MediaStream} */
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: true });
  } catch (error) {
    const { name, message } = /** @type {DOMException} */ (error);
    throw new RangeError(WHY[name] ?? `cannot be used: ${message}`);
  }
  try {
    const video = el("video", { playsinline: true });
    video.muted = true;
    video.srcObject = stream;
    await video.play();
    return await createImageBitmap(video);
  } catch {
    throw new RangeError("gave no picture: try again, or upload one");
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}
