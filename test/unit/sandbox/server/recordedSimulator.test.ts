import { expect } from 'chai';
import { RecordedSimulator } from '../../../../sandbox/server/recordedSimulator.ts';
import type { ServiceSeeds } from '../../../../sandbox/server/journal.ts';
import { SimulatorTime } from '../../../../sandbox/server/simulatorTime.ts';
import { kitSimulator } from '../../../../sandbox/kit/kitSandbox.ts';
import { mailchimpSimulator } from '../../../../sandbox/mailchimp/mailchimpSandbox.ts';
import type { SandboxRequest, Simulator } from '../../../../sandbox/simulation/simulator.ts';
import { HandDrivenClock } from '../../../support/handDrivenClock.ts';

const request = (method: string, path: string, body?: unknown): SandboxRequest => ({
  method,
  path,
  query: new URLSearchParams(),
  headers: { authorization: 'Bearer kit-sandbox-oauth-token' },
  body,
  malformed: false,
});

describe('recorded simulator', () => {
  let clock: HandDrivenClock;
  let told: string[];

  const create = (simulator: Simulator, seeds?: ServiceSeeds): RecordedSimulator =>
    new RecordedSimulator(simulator, {
      time: new SimulatorTime(clock, 1),
      seed: 1,
      emit: ({ type }) => told.push(type),
      ...(seeds === undefined ? {} : { seeds }),
    });
  const seedsOf = (simulator: RecordedSimulator): ServiceSeeds => {
    const seeds = simulator.seeds();
    if (seeds === undefined) throw new Error('no seeds');
    return seeds;
  };

  beforeEach(() => {
    clock = new HandDrivenClock();
    told = [];
  });

  it('keeps when the clock alone had work done, and tells nobody of it again', () => {
    const first = create(kitSimulator);
    const subscribers = Array.from({ length: 101 }, (_, row) => ({ email_address: `row${String(row)}@example.com` }));
    first.answer(request('POST', '/v4/bulk/subscribers', { subscribers }));
    first.settle();
    clock.advance(6000);
    first.settle();
    const before = told.length;

    const second = create(kitSimulator, seedsOf(first));

    expect(seedsOf(first).entries.map(({ did }) => did)).to.deep.equal(['answer', 'settle']);
    expect(seedsOf(second)).to.deep.equal(seedsOf(first));
    expect([before, told.length]).to.deep.equal([202, 202]);
    expect(second.answer(request('GET', '/v4/subscribers/1050'))).to.deep.equal(first.answer(request('GET', '/v4/subscribers/1050')));
  });

  it('keeps that it was throttled, since that used up a quota', () => {
    // A credential that is its own stand-in: quotas are counted per credential.
    const ask = { ...request('GET', '/v4/account'), headers: { authorization: 'Bearer aaaaaaaaaaa1' } };
    const first = create(kitSimulator);
    first.throttled(ask);

    const second = create(kitSimulator, seedsOf(first));

    expect(second.answer(ask).status).to.equal(429);
    expect(seedsOf(first).entries).to.have.length(1);
    expect(seedsOf(first).entries[0]).to.deep.include({ did: 'throttle', status: 429 });
  });

  it('keeps the connections that were open beside a request', () => {
    const first = create(mailchimpSimulator);
    const crowded = { ...request('GET', '/ping'), connections: { open: 11, abandonedAt: [] } };
    const { status } = first.answer(crowded);

    const second = create(mailchimpSimulator, seedsOf(first));

    expect(status).to.equal(429);
    expect(seedsOf(second)).to.deep.equal(seedsOf(first));
  });

  it('draws the same numbers after its seeds as the first one did, again after each restart', () => {
    const first = create(kitSimulator);
    first.answer(request('POST', '/v4/subscribers', { email_address: 'one@example.com' }));
    const { chance } = seedsOf(first);
    const second = create(kitSimulator, seedsOf(first));

    second.answer(request('POST', '/v4/subscribers', { email_address: 'two@example.com' }));
    second.reset();
    second.restartChance();

    expect(seedsOf(second)).to.deep.equal({ chance, entries: seedsOf(first).entries });
  });
});
