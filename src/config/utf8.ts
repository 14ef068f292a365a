import { isUtf8 } from 'node:buffer';

/** The text of the bytes, without a byte order mark; `undefined` where they are no UTF-8. Many times as fast as a `TextDecoder` that is fatal. */
export const utf8Text = (bytes: Buffer): string | undefined => {
  if (!isUtf8(bytes)) return undefined;
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
};
