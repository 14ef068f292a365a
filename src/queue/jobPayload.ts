/**
 * What a job holds, as text: the request as it will be sent, and whether it may have been carried out before.
 */
import { z } from 'zod';
import type { OperationRequest } from '../contract/operation.ts';

/** Bytes of a request as JSON. Above the body limit of every queueable route but the bulk ones, far below what a store minds. */
export const MAX_PAYLOAD_BYTES = 256_000;
/** Bytes of a service's answer as JSON; a larger one is not kept, only that it came. */
const MAX_RESULT_BYTES = 64_000;

export interface JobPayload {
  readonly request: OperationRequest;
  readonly mayHaveHappened: boolean;
}

const payloadSchema = z.object({
  request: z.object({
    path: z.string().startsWith('/'),
    query: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).optional(),
    // Absent where the operation sends none, such as a removal.
    body: z.unknown().optional(),
    weight: z.number().positive().optional(),
  }),
  mayHaveHappened: z.boolean(),
});

/** Whether a request is certainly too large to wait, by its texts alone: written out, one of megabytes would hold the process. */
export const isTooLarge = ({ body }: OperationRequest): boolean => {
  let left = MAX_PAYLOAD_BYTES;
  const take = (value: unknown): boolean => {
    if (typeof value === 'string') left -= value.length;
    else if (typeof value === 'object' && value !== null) Object.values(value).some(take);
    return left < 0;
  };
  return take(body);
};

export const writePayload = ({ request: { path, query, body, weight }, mayHaveHappened }: JobPayload): string =>
  JSON.stringify({ request: { path, query, body, weight }, mayHaveHappened });

/** @throws {Error} for a text that is none; it says nothing of what it holds. */
export const readPayload = (text: string): JobPayload => {
  const payload = payloadSchema.safeParse(asJson(text));
  // The path was checked and encoded when it was written, and nobody but us could seal it.
  if (payload.success) return payload.data as JobPayload;
  throw new Error('the payload of a job is not of this version');
};

const asJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Of a value as JSON; `undefined` if it is too large to keep, or nothing. */
export const writeResult = (value: unknown): string | undefined => {
  const text = value === undefined ? undefined : JSON.stringify(value);
  return text === undefined || Buffer.byteLength(text) > MAX_RESULT_BYTES ? undefined : text;
};
