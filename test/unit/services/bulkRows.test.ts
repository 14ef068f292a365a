import { expect } from 'chai';
import { z } from 'zod';
import { CircuitOpenError, UpstreamRejectedError, UpstreamUnauthorizedError } from '../../../src/errors/upstreamErrors.ts';
import { lookUpRows, lookupSchema, lookupStatus, outcomeOfError, type LookedUp } from '../../../src/services/bulkRows.ts';
import { errorOf } from '../../support/errorOf.ts';

interface Named {
  readonly name: string;
}

const site = { service: 'acme', operation: 'get_thing' };
const schema = z.strictObject({ id: z.string().trim().toLowerCase().min(1), note: z.string().max(3).optional() });
const found = async ({ id }: { readonly id: string }): Promise<LookedUp<Named>> => ({ outcome: 'found', name: id });
const rowsOf = (lookUp: (row: { readonly id: string }) => Promise<LookedUp<Named>>, ...values: readonly unknown[]) =>
  lookUpRows({ values, schema, name: 'thing' }, lookUp);

describe('bulk lookup', () => {
  it('answers one row for each that was asked, in their order, and counts them', async () => {
    const lookUp = async (row: { readonly id: string }): Promise<LookedUp<Named>> => (row.id === 'b' ? { outcome: 'missing' } : found(row));

    const answer = await rowsOf(lookUp, { id: 'a' }, { id: 'b' }, { id: 'c' });

    expect(answer).to.deep.equal({
      rows: [
        { index: 0, outcome: 'found', name: 'a' },
        { index: 1, outcome: 'missing' },
        { index: 2, outcome: 'found', name: 'c' },
      ],
      found: 2,
      missing: 1,
      refused: 0,
      failed: 0,
    });
  });

  it('looks equal rows up once, equal by what their schema makes of them', async () => {
    const asked: string[] = [];
    const lookUp = async (row: { readonly id: string }) => {
      asked.push(row.id);
      return found(row);
    };

    const answer = await rowsOf(lookUp, { id: 'A' }, { id: ' a ' }, { id: 'a' });

    expect(asked).to.deep.equal(['a']);
    expect(answer.found).to.equal(3);
  });

  it('looks no row up that cannot be sent, and names the fields at fault and nothing else', async () => {
    const answer = await rowsOf(found, { id: 'a', note: 'ada@example.com' }, 'ada@example.com', { id: 'a' });

    expect(answer.rows).to.deep.equal([
      { index: 0, outcome: 'refused', reason: 'invalid_row', fields: ['note'] },
      { index: 1, outcome: 'refused', reason: 'invalid_row', fields: ['thing'] },
      { index: 2, outcome: 'found', name: 'a' },
    ]);
  });

  it('keeps what was answered beside rows that failed', async () => {
    const lookUp = async (row: { readonly id: string }): Promise<LookedUp<Named>> => {
      if (row.id === 'b') throw new CircuitOpenError(site, 'acme', 'failure_rate', 1_000);
      return found(row);
    };

    const answer = await rowsOf(lookUp, { id: 'a' }, { id: 'b' });

    expect(answer.rows[1]).to.deep.equal({ index: 1, outcome: 'failed', reason: 'circuit_open', retryable: true });
    expect(answer).to.include({ found: 1, failed: 1 });
  });

  it('fails with the error of all where no row that was sent got an answer', async () => {
    const lookUp = () => Promise.reject(new UpstreamUnauthorizedError(site, 401));

    await errorOf(rowsOf(lookUp, { id: 'a' }, { id: '' }, { id: 'b' }), UpstreamUnauthorizedError);
  });

  it('takes refusals of the service for answers, each of its own row', async () => {
    const fields = ['body.things.0.note', 'body.things.0.note', 'body'];
    const refusal = new UpstreamRejectedError(site, 422, 'validation_failed', { fields });
    const lookUp = () => Promise.reject(refusal);

    const answer = await rowsOf(lookUp, { id: 'a' });

    expect(answer.rows).to.deep.equal([{ index: 0, outcome: 'refused', reason: 'validation_failed', fields: ['note', 'body'] }]);
  });

  it('calls any other refusal a failure that no repeat mends', () => {
    const outcome = outcomeOfError(new UpstreamRejectedError(site, 422, 'match_failed'));

    expect(outcome).to.deep.equal({ outcome: 'failed', reason: 'match_failed', retryable: false });
  });

  it('hides no mistake of ours in a row', async () => {
    const lookUp = () => Promise.reject(new TypeError('a bug'));

    await errorOf(rowsOf(lookUp, { id: 'a' }), TypeError);
  });

  it('is answered with 200 if every row was found, else with 207', async () => {
    const lookUp = async (row: { readonly id: string }): Promise<LookedUp<Named>> => (row.id === 'b' ? { outcome: 'missing' } : found(row));

    const statuses = [lookupStatus(await rowsOf(lookUp, { id: 'a' })), lookupStatus(await rowsOf(lookUp, { id: 'a' }, { id: 'b' }))];

    expect(statuses).to.deep.equal([200, 207]);
  });

  it('fits the schema that describes it', async () => {
    const answer = await rowsOf(found, { id: 'a' }, { id: '' });

    expect(lookupSchema({ name: z.string() }).safeParse(answer).success).to.equal(true);
  });
});
