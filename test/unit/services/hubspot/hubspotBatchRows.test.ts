import { expect } from 'chai';
import fc from 'fast-check';
import { joinRows, type RowAnswer, type SentRow } from '../../../../src/services/hubspot/hubspotBatchRows.ts';
import type { BatchedRecord } from '../../../../src/services/hubspot/hubspotAnswers.ts';

type Properties = Readonly<Record<string, string>>;

const newRow = (index: number, properties: Properties): SentRow => ({ index, input: { properties, objectWriteTraceId: String(index) } });

const newRows = (...all: readonly Properties[]): readonly SentRow[] => all.map((properties, index) => newRow(index, properties));
const named = (index: number, id: string, idProperty?: string): SentRow => ({
  index,
  input: { id, idProperty, properties: { city: 'Oslo' }, objectWriteTraceId: String(index) },
});

const record = (id: string, properties: BatchedRecord['properties'], objectWriteTraceId?: string): BatchedRecord => ({
  id,
  properties,
  ...(objectWriteTraceId !== undefined && { objectWriteTraceId }),
});

const join = (rows: readonly SentRow[], results: readonly BatchedRecord[], errors?: readonly object[]): readonly RowAnswer[] =>
  joinRows(rows, { results, ...(errors !== undefined && { errors: errors.map((error) => ({ ...error })) }) }, () => 'created');

/** The id of each row's record; else what is said of the row. */
const said = (answers: readonly RowAnswer[]): readonly string[] =>
  answers.map(({ reason, record: joined, outcome }) => reason ?? joined?.id ?? outcome);

describe('rows of HubSpot batch writes', () => {
  it('are joined by their trace ids where HubSpot repeats them, whatever their values', () => {
    const rows = newRows({ name: 'a' }, { name: 'a' });

    expect(said(join(rows, [record('8', {}, '1'), record('9', {}, '0')]))).to.deep.equal(['9', '8']);
  });

  it('are else joined by what was sent, whatever its case and the spaces around it', () => {
    const rows = newRows({ email: 'Ada@example.com' }, { email: 'ben@example.com ', city: '' });

    const results = [record('8', { email: 'ben@example.com', city: null }), record('9', { email: 'ada@example.com', lead: 'x' })];
    const answers = join(rows, results);

    expect(said(answers)).to.deep.equal(['9', '8']);
  });

  it('are given no record that could be of another row as well', () => {
    const rows = newRows({ name: 'a' }, { name: 'a', stage: 'new' });

    const answers = join(rows, [record('8', { name: 'a', stage: 'new' }), record('9', { name: 'a', stage: 'new' })]);

    expect(answers).to.deep.equal([
      { index: 0, outcome: 'created' },
      { index: 1, outcome: 'created' },
    ]);
  });

  it('may take each other’s record where they are all alike', () => {
    const rows = newRows({ name: 'a' }, { name: 'b' }, { name: 'a' });

    const answers = join(rows, [record('7', { name: 'a' }), record('8', { name: 'a' }), record('9', { name: 'b' })]);

    expect(said(answers)).to.deep.equal(['7', '9', '8']);
  });

  it('have the record that is left where HubSpot changed the value', () => {
    const rows = newRows({ name: 'a' }, { amount: '1000.00' });

    expect(said(join(rows, [record('8', { amount: '1000' }), record('9', { name: 'a' })]))).to.deep.equal(['9', '8']);
  });

  it('are unknown where HubSpot answers fewer than it was sent', () => {
    const rows = newRows({ name: 'a' }, { name: 'b' });

    expect(said(join(rows, [record('9', { name: 'a' })]))).to.deep.equal(['9', 'left_out']);
    expect(said(join(rows, []))).to.deep.equal(['left_out', 'left_out']);
  });

  it('that name a record take no other, though its values are those sent', () => {
    const rows = [named(0, '150'), named(1, '101')];

    const answers = join(rows, [record('101', { city: 'Oslo' }), record('102', { city: 'Oslo' })]);

    expect(said(answers)).to.deep.equal(['left_out', '101']);
  });

  it('that go by a property are found by it, or by what was sent', () => {
    const rows = [named(0, 'A@example.com', 'email'), named(1, 'b@example.com', 'email')];

    expect(said(join(rows, [record('8', { email: 'a@example.com' }), record('9', { city: 'Oslo' })]))).to.deep.equal(['8', '9']);
  });

  it('are refused by trace id or by id, several by one error, in the words of a single write', () => {
    const rows = [named(0, '1'), named(1, '2'), named(2, 'X@example.com', 'email'), named(3, '4')];
    const errors = [
      { category: 'OBJECT_NOT_FOUND', context: { ids: ['2', 'x@example.com'] } },
      { category: 'CONFLICT', message: 'Contact already exists. Existing ID: 77', context: { objectWriteTraceId: ['0'] } },
      { category: 'CONFLICT', message: 'busy', context: { objectWriteTraceId: ['3'] } },
    ];

    const answers = join(rows, [], errors);

    expect(answers[0]).to.deep.equal({ index: 0, outcome: 'refused', reason: 'contact_exists', details: { existingId: '77' } });
    expect(said(answers)).to.deep.equal(['contact_exists', 'not_found', 'not_found', 'conflict']);
  });

  it('each have an answer, each record one row at most, and a refused one none, whatever HubSpot says', () => {
    const value = fc.constantFrom('a', 'b', '');
    const properties = fc.dictionary(fc.constantFrom('name', 'stage'), value, { minKeys: 1 });
    const trace = fc.option(fc.constantFrom('0', '1', '2', '9'), { nil: undefined });
    const results = fc.array(fc.record({ id: fc.constantFrom('1', '2', '3'), properties, objectWriteTraceId: trace }), { maxLength: 4 });
    const error = fc.record({ context: fc.record({ objectWriteTraceId: fc.array(fc.constantFrom('0', '1', '9'), { maxLength: 2 }) }) });
    const [someRows, someErrors] = [fc.array(properties, { minLength: 1, maxLength: 4 }), fc.array(error, { maxLength: 2 })];

    fc.assert(
      fc.property(someRows, results, someErrors, (sent, records, errors) => {
        const answers = join(newRows(...sent), records, errors);
        const given = answers.flatMap((answer) => answer.record ?? []);
        const refused = new Set<string>(errors.flatMap(({ context }) => context.objectWriteTraceId));

        expect(answers.map(({ index }) => index)).to.deep.equal(sent.map((_, index) => index));
        expect(new Set(given).size).to.equal(given.length);
        for (const { index, outcome } of answers) expect(outcome === 'refused').to.equal(refused.has(String(index)));
      }),
    );
  });
});
