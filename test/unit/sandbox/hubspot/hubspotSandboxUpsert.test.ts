import { expect } from 'chai';
import type { SandboxAnswer } from '../../../../sandbox/simulation/simulator.ts';
import { simulatedHubspot, type SimulatedHubspot } from '../../services/hubspot/simulatedHubspot.ts';

interface UpsertedRow {
  readonly id: string;
  readonly new: boolean;
  readonly properties: Readonly<Record<string, string>>;
}

const rowsOf = ({ body }: SandboxAnswer): readonly UpsertedRow[] => (body as { readonly results: readonly UpsertedRow[] }).results;

const byEmail = (id: string, properties: object = { firstname: 'Uma' }) => ({ id, idProperty: 'email', properties });

describe("the HubSpot simulator's upserts", () => {
  let hubspot: SimulatedHubspot;

  const upsert = (inputs: readonly object[]): SandboxAnswer => hubspot.ask('POST', '/objects/2026-03/contacts/batch/upsert', { inputs });
  const contact = (target: string): SandboxAnswer => hubspot.ask('GET', `/objects/2026-03/contacts/${target}`);
  const isThere = (email: string): boolean => contact(`${email}?idProperty=email`).status === 200;

  beforeEach(() => {
    hubspot = simulatedHubspot();
  });

  it('change what is there, make what is not, and say which', () => {
    const answer = upsert([byEmail('ADA.marsh@example.com'), byEmail('uma@example.com')]);

    const [made, changed] = rowsOf(answer);
    expect(answer.status).to.equal(200);
    expect(made).to.deep.include({ new: true }).and.have.nested.property('properties.email', 'uma@example.com');
    expect(changed).to.deep.include({ new: false, id: '101' });
    expect(contact('101').body).to.have.nested.property('properties.firstname', 'Uma');
    expect(isThere('uma@example.com')).to.equal(true);
  });

  it('end in the same state when they are repeated', () => {
    const first = rowsOf(upsert([byEmail('uma@example.com')]));
    const second = rowsOf(upsert([byEmail('uma@example.com')]));

    expect(second.map(({ id }) => id)).to.deep.equal(first.map(({ id }) => id));
    expect(second.map((row) => row.new)).to.deep.equal([false]);
  });

  it('keep the good rows beside bad ones, old and new, where each has a trace id', () => {
    const rows = [byEmail('ada.marsh@example.com', { nope: '1' }), byEmail('uma@example.com'), byEmail('no address')];

    const answer = upsert(rows.map((row, index) => ({ ...row, objectWriteTraceId: `row ${String(index)}` })));

    expect(answer.status).to.equal(207);
    expect(rowsOf(answer).map((row) => row.properties['email'])).to.deep.equal(['uma@example.com']);
    expect(answer.body).to.have.deep.nested.property('errors[0].context', { objectWriteTraceId: ['row 0'] });
    expect(answer.body).to.have.deep.nested.property('errors[1].context', { objectWriteTraceId: ['row 2'] });
  });

  it('write nothing where a bad row cannot be told, or an email is taken by another', () => {
    const untold = upsert([byEmail('uma@example.com'), byEmail('nia@example.com', { nope: '1' })]);
    const byName = { id: 'Ben', idProperty: 'firstname', properties: { email: 'ada.marsh@example.com' }, objectWriteTraceId: 'a' };
    const taken = upsert([{ ...byEmail('uma@example.com'), objectWriteTraceId: 'b' }, byName]);

    expect([untold.status, taken.status]).to.deep.equal([400, 409]);
    expect(isThere('uma@example.com')).to.equal(false);
  });

  it('refuse a record that is named twice, whatever the case', () => {
    const answer = upsert([byEmail('uma@example.com'), byEmail('UMA@example.com')]);

    expect(answer.status).to.equal(400);
    expect(answer.body).to.have.property('message').that.includes('Duplicate IDs');
  });

  it('refuse rows without a value or without the property that it is of', () => {
    expect(upsert([byEmail('')]).status).to.equal(400);
    expect(upsert([{ id: 'uma@example.com', properties: {} }]).status).to.equal(400);
  });

  it('make a new record of one that was archived, however often that was asked for', () => {
    const archive = () => hubspot.ask('POST', '/objects/2026-03/contacts/batch/archive', { inputs: [{ id: '101' }, { id: 102 }] });

    const answers = [archive(), archive()];
    const [again] = rowsOf(upsert([byEmail('ada.marsh@example.com')]));

    expect(answers).to.have.length(2);
    for (const answer of answers) expect([answer.status, answer.body]).to.deep.equal([204, undefined]);
    expect(['101', '102'].map((id) => contact(id).status)).to.deep.equal([404, 404]);
    expect(again?.new).to.equal(true);
    expect(again?.id).to.not.equal('101');
  });
});
