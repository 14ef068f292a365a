/**
 * Many values off all lists at once. Lemlist takes 10,000 in one request and has one word for all of them, so rows are told apart
 * before it: what it could not take stays here, and the others go.
 */
import type { HttpClient } from '../../http/httpClient.ts';
import { upstreamPath } from '../../http/upstreamPath.ts';
import { isQueued, type CallOptions, type Queued } from '../../resilience/call.ts';
import { unsubscribeValueSchema } from './lemlistInputs.ts';
import { lemlistOperations } from './lemlistOperations.ts';

/** `pending`: it waits in the durable queue, with all that were sent. */
export type UnsubscribedRow =
  | { readonly index: number; readonly outcome: 'made' | 'pending' }
  | { readonly index: number; readonly outcome: 'refused'; readonly reason: 'invalid_value' };

/** With what the queue says of the job, where the rows wait. */
export interface BulkUnsubscribe extends Partial<Queued> {
  /** In the order asked; `index` is the place there. */
  readonly rows: readonly UnsubscribedRow[];
  readonly made: number;
  readonly refused: number;
}

const isSound = (value: string): boolean => unsubscribeValueSchema.safeParse(value).success;

const result = (values: readonly string[], sound: ReadonlySet<string>, outcome: 'made' | 'pending'): BulkUnsubscribe => {
  const rows = values.map(
    (value, index): UnsubscribedRow => (sound.has(value) ? { index, outcome } : { index, outcome: 'refused', reason: 'invalid_value' }),
  );
  const count = (wanted: UnsubscribedRow['outcome']): number => rows.filter((row) => row.outcome === wanted).length;
  return { rows, made: count('made'), refused: count('refused') };
};

/** Sends each sound value once, in one request; nothing where there is none. */
export const unsubscribeAll = async (http: HttpClient, values: readonly string[], options?: CallOptions): Promise<BulkUnsubscribe> => {
  const sound = new Set(values.filter(isSound));
  if (sound.size === 0) return result(values, sound, 'made');
  const request = { path: upstreamPath`/v2/unsubscribes/variables`, body: { values: [...sound] } };
  const answer = await http.write(lemlistOperations.bulkUnsubscribe, request, options);
  return isQueued(answer) ? { ...answer, ...result(values, sound, 'pending') } : result(values, sound, 'made');
};
