/**
 * From the bytes of an answer to its text: bounded, decompressed, decoded. Bytes that are not what the answer says they are break
 * the contract; nothing is guessed and no character is replaced, since the text may be stored.
 */
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { IN_ONE_GO } from '../config/boundedJson.ts';
import { joined, utf8Bytes } from '../config/utf8.ts';
import type { Clock } from '../time/clock.ts';
import { turnFor } from '../time/nextTurn.ts';
import { TransportFailure } from './transport.ts';

/** What one origin's unfinished answers hold in memory, bytes. */
export interface HeldBytes {
  now: number;
}

export interface ReadLimits {
  /** Of this answer, before and after decompression, bytes. */
  readonly maxBytes: number;
  /** Of all unfinished answers of the origin, bytes. */
  readonly maxHeldBytes: number;
  readonly held: HeldBytes;
}

/** An answer this small is read whatever the others of its origin hold, bytes. */
const ALWAYS_ROOM_BYTES = 65_536;
/** Of an answer that is an error by its status no more is read, bytes and ms: the status counts, the body only explains it. */
const ERROR_BODY = { maxBytes: 65_536, maxMs: 500 };

/** @throws {TransportFailure} `too_large`, or the stream's own error. */
const readWhole = (body: Readable, { maxBytes, maxHeldBytes, held }: ReadLimits): Promise<readonly Buffer[]> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (settle: () => void): void => {
      held.now -= size;
      size = 0;
      settle();
    };
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      held.now += chunk.length;
      if (size <= maxBytes && (size <= ALWAYS_ROOM_BYTES || held.now <= maxHeldBytes)) return;
      body.destroy(new TransportFailure('too_large'));
    });
    body.once('end', () => {
      end(() => {
        resolve(chunks);
      });
    });
    body.once('error', (error: Error) => {
      end(() => {
        reject(error);
      });
    });
  });

/** What comes of it within the limits; a connection that breaks or drags on ends it. Never rejects. */
const readStart = (body: Readable, clock: Clock): Promise<Buffer> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (): void => {
      cancel();
      resolve(Buffer.concat(chunks).subarray(0, ERROR_BODY.maxBytes));
      body.destroy();
    };
    const cancel = clock.after(ERROR_BODY.maxMs, done);
    body.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= ERROR_BODY.maxBytes) done();
    });
    body.once('end', done);
    body.on('error', done);
  });

type Decompress = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const inflate = promisify(zlib.inflate);
const inflateRaw = promisify(zlib.inflateRaw);
const gunzip: Decompress = promisify(zlib.gunzip);

/** Servers send both forms under one name; the first byte of a zlib header tells its method. */
const deflated: Decompress = (bytes, options) => (((bytes[0] ?? 0) & 0x0f) === 8 ? inflate(bytes, options) : inflateRaw(bytes, options));

/** Node has it from 22.15 on. */
const zstd: unknown = 'zstdDecompress' in zlib ? zlib.zstdDecompress : undefined;

const DECOMPRESSORS: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', deflated],
  ['br', promisify(zlib.brotliDecompress)],
  ...(typeof zstd === 'function' ? ([['zstd', promisify(zstd as typeof zlib.gunzip)]] as const) : []),
]);

/** More layers than any server stacks. */
const MAX_ENCODINGS = 3;

/** A header's word as it may stand in a message. */
const named = (word: string): string => (/^[\w.+-]{1,40}$/u.test(word) ? word : 'of another form');

/** @throws {TransportFailure} `too_large` for what is larger than the limit once decompressed, else `undecodable`. */
const decompressed = async (bytes: Buffer, contentEncoding: string, maxBytes: number): Promise<Buffer> => {
  const encodings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (encodings.length === 0 || bytes.length === 0) return bytes;
  if (encodings.length > MAX_ENCODINGS) throw new TransportFailure('undecodable', { detail: 'has too many content encodings' });
  let plain = bytes;
  for (const encoding of encodings.reverse()) {
    const decompress = DECOMPRESSORS.get(encoding);
    if (decompress === undefined)
      throw new TransportFailure('undecodable', { detail: `has the unknown content encoding ${named(encoding)}` });
    plain = await decompress(plain, { maxOutputLength: maxBytes }).catch((cause: unknown) => {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')
        throw new TransportFailure('too_large', { cause });
      throw new TransportFailure('undecodable', { detail: `is no valid ${encoding}`, cause });
    });
  }
  return plain;
};

/** A byte order mark outranks the label, as browsers have it. */
const charsetOf = (bytes: Buffer, contentType: string): string => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return /;\s*charset\s*=\s*"?([^\s";,]+)/iu.exec(contentType)?.[1]?.toLowerCase() ?? 'utf-8';
};

const decoderOf = (charset: string): InstanceType<typeof TextDecoder> => {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch (cause) {
    throw new TransportFailure('undecodable', { detail: `has the unknown charset ${named(charset)}`, cause });
  }
};

/** @throws {TransportFailure} `undecodable` for bytes that are none of the charset. */
const decoded = (bytes: Buffer, contentType: string): string | Buffer => {
  const charset = charsetOf(bytes, contentType);
  const invalid = (cause?: unknown): TransportFailure =>
    new TransportFailure('undecodable', { detail: `is no valid ${named(charset)}`, cause });
  if (charset === 'utf-8' || charset === 'utf8') {
    const text = utf8Bytes(bytes);
    if (text === undefined) throw invalid();
    return text.length > IN_ONE_GO ? text : text.toString();
  }
  const decoder = decoderOf(charset);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw invalid(cause);
  }
};

const textOf = async (bytes: Buffer, headers: Readonly<Record<string, string>>, maxBytes: number): Promise<string | Buffer> =>
  decoded(await decompressed(bytes, headers['content-encoding'] ?? '', maxBytes), headers['content-type'] ?? '');

/**
 * The body as text; a long one as the bytes of its UTF-8, to be read in slices.
 *
 * @throws {TransportFailure} for a body that is too large, or not what its headers say; or the stream's own error.
 */
export const readBody = async (body: Readable, headers: Readonly<Record<string, string>>, limits: ReadLimits): Promise<string | Buffer> => {
  if (Number(headers['content-length'] ?? 0) > limits.maxBytes) {
    body.on('error', () => undefined).destroy();
    throw new TransportFailure('too_large');
  }
  const bytes = await joined(await readWhole(body, limits));
  await turnFor(bytes.length);
  return textOf(bytes, headers, limits.maxBytes);
};

/** What can be read of the body of an error in a short time; empty where that is no text. Never rejects. */
export const readErrorBody = async (body: Readable, headers: Readonly<Record<string, string>>, clock: Clock): Promise<string> => {
  const bytes = await readStart(body, clock);
  return textOf(bytes, headers, ERROR_BODY.maxBytes).then(String, () => '');
};
