/**
 * What the sandbox says for itself, as opposed to what its services say, and how it reads what it is sent.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';

/** Above the largest body that any of the services takes. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MAX_FAULTS = 5;

export interface Reply {
  readonly status: number;
  /** A string is sent as it is, everything else as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const ok = (body: unknown): Reply => ({ status: 200, body });

/** One thing that is wrong with a control request: where, and the rule. */
interface ControlFault {
  readonly at: string;
  readonly message: string;
}

/** A control request that cannot be carried out; the message says what to change. */
export class ControlRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly faults: readonly ControlFault[] = [],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const refusalReply = ({ status, message, faults, headers }: ControlRefusal): Reply => ({
  status,
  body: { status, detail: message, ...(faults.length === 0 ? {} : { faults }) },
  headers: { ...headers, 'content-type': 'application/problem+json' },
});

/** Does nothing once an answer has begun or the socket is gone. */
export const sendReply = (response: ServerResponse, { status, body, headers }: Reply): void => {
  if (response.headersSent || response.destroyed) return;
  const text = typeof body === 'string' ? body : `${JSON.stringify(body, undefined, 2)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': String(Buffer.byteLength(text)) });
  response.end(text);
};

/**
 * Reads a whole body as text.
 *
 * @throws {ControlRefusal} 413 if it is larger than the sandbox takes.
 * @throws {Error} if the client goes away before the end.
 */
export const readText = async (req: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw new ControlRefusal(413, `a body must not exceed ${String(MAX_BODY_BYTES)} bytes`, [], { connection: 'close' });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** JSON, or `malformed`; no text is no body. */
export const parsedBody = (text: string): { readonly body: unknown; readonly malformed: boolean } => {
  if (text === '') return { body: undefined, malformed: false };
  try {
    return { body: JSON.parse(text) as unknown, malformed: false };
  } catch {
    return { body: undefined, malformed: true };
  }
};

/** A request target in two parts, decoded nowhere. */
export const splitTarget = (target: string): { readonly path: string; readonly query: URLSearchParams } => {
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: new URLSearchParams() };
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
};

/**
 * The text as a schema has it.
 *
 * @param root What faults call the whole, such as `body`.
 * @param notJson What to say of a text that is no JSON.
 * @throws {ControlRefusal} 400 naming every field at fault; of many faults, the first few.
 */
export const checked = <Value>(text: string, schema: z.ZodType<Value>, root: string, notJson: string): Value => {
  const { body, malformed } = parsedBody(text);
  if (malformed) throw new ControlRefusal(400, notJson);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, MAX_FAULTS).map(({ path, message }) => ({ at: [root, ...path].join('.'), message }));
  throw new ControlRefusal(400, faults.map(({ at, message }) => `${at} ${message}`).join('; '), faults);
};
