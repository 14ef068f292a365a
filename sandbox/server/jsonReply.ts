/**
 * What the sandbox says for itself, as opposed to what its services say.
 */
import type { ServerResponse } from 'node:http';

export interface JsonReply {
  readonly status: number;
  /** A string is sent as it is, everything else as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const ok = (body: unknown): JsonReply => ({ status: 200, body });

/** One thing that is wrong with a control request: where, and the rule. */
export interface ControlFault {
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

export const refusalReply = ({ status, message, faults, headers }: ControlRefusal): JsonReply => ({
  status,
  body: { status, detail: message, ...(faults.length === 0 ? {} : { faults }) },
  headers: { ...headers, 'content-type': 'application/problem+json' },
});

/** Does nothing once an answer has begun or the socket is gone. */
export const sendReply = (response: ServerResponse, { status, body, headers }: JsonReply): void => {
  if (response.headersSent || response.destroyed) return;
  const text = typeof body === 'string' ? body : `${JSON.stringify(body, undefined, 2)}\n`;
  response.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': String(Buffer.byteLength(text)) });
  response.end(text);
};
