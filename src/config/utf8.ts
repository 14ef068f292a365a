import { isUtf8 } from 'node:buffer';
import { SLICE_MS, turnFor, turnsOf } from '../time/nextTurn.ts';

/** One buffer of all chunks. Copying into fresh memory costs some milliseconds a megabyte, so the event loop goes on in between. */
export const joined = async (chunks: readonly Buffer[]): Promise<Buffer> => {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  await turnFor(size);
  const whole = Buffer.allocUnsafe(size);
  const pause = turnsOf(SLICE_MS);
  let end = 0;
  for (const chunk of chunks) {
    if (end > 0) await pause();
    end += chunk.copy(whole, end);
  }
  return whole;
};

/** The bytes of a text, without a byte order mark; `undefined` where they are no UTF-8. Many times as fast as a `TextDecoder` that is fatal. */
export const utf8Bytes = (bytes: Buffer): Buffer | undefined => {
  if (!isUtf8(bytes)) return undefined;
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? bytes.subarray(3) : bytes;
};
