/**
 * From the wire to the requests that simulators understand.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { SandboxRequest } from '../simulation/simulator.ts';

/** Above the largest body that any of the services takes. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** The request's body is larger than the sandbox takes. */
export class BodyTooLargeError extends Error {}

/**
 * Reads the whole body as text.
 *
 * @throws {BodyTooLargeError}
 * @throws {Error} if the client goes away before the end.
 */
export const readText = async (req: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new BodyTooLargeError(`a body must not exceed ${String(MAX_BODY_BYTES)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** JSON, or `malformed`; no text is no body. */
export const parsedBody = (text: string): Pick<SandboxRequest, 'body' | 'malformed'> => {
  if (text === '') return { body: undefined, malformed: false };
  try {
    return { body: JSON.parse(text) as unknown, malformed: false };
  } catch {
    return { body: undefined, malformed: true };
  }
};

const flatHeaders = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]));

/** A request target in two parts, decoded nowhere. */
export const splitTarget = (target: string): { readonly path: string; readonly query: URLSearchParams } => {
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: new URLSearchParams() };
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
};

/**
 * Reads a request for a service.
 *
 * @param target Path and query below the service's prefix.
 */
export const readSandboxRequest = async (req: IncomingMessage, target: string): Promise<SandboxRequest> => ({
  method: req.method ?? 'GET',
  ...splitTarget(target),
  headers: flatHeaders(req.headers),
  ...parsedBody(await readText(req)),
});
