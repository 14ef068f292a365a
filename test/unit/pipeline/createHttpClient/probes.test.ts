import { expect } from 'chai';
import { TransportFailure } from '../../../../src/wire/transport.ts';
import { getThing, json, rejectionOf } from '../../../support/httpHouse.ts';
import { found, httpRig, thingRequest } from '../../../support/httpRig.ts';

/** A service that takes longer for its cheapest operation is not back, ms. */
const PATIENCE_MS = 2_000;

describe('a probe of a service', () => {
  const rig = httpRig();
  const probe = (): Promise<void> => rig.house.http.probe(getThing, thingRequest);

  it('is content with an answer, and with a refusal of our input: the service is there', async () => {
    await probe();
    rig.open({}, json(404, {}));
    await probe();

    expect(rig.house.attempts.map(({ outcome }) => outcome)).to.deep.equal(['upstream_rejected']);
  });

  it('passes an open circuit, and is not counted by it', async () => {
    rig.house.breaker.impose({ mode: 'forced_open', reason: 'test', by: 'test', until: Number.POSITIVE_INFINITY, scope: 'replica' });

    await probe();

    expect(rig.wire.sent).to.have.length(1);
    expect(rig.house.breaker.snapshot().calls.fired).to.equal(0);
  });

  for (const [what, reply, code] of [
    ['an error', json(500, {}), 'upstream_unavailable'],
    ['a broken connection', new TransportFailure('reset'), 'upstream_unavailable'],
    ['a rate limit', json(429, {}), 'upstream_rate_limited'],
    ['a refused credential', json(401, {}), 'upstream_unauthorized'],
  ] as const) {
    it(`takes ${what} for no proof, and asks once`, async () => {
      rig.open({}, reply, found);

      const error = await rejectionOf(probe());

      expect(error).to.include({ code });
      expect(rig.wire.sent).to.have.length(1);
    });
  }

  it('gives up after two seconds, and holds that against the service, for the patience was ours', async () => {
    rig.open({}, 'hang');

    const rejection = rejectionOf(probe());
    await rig.clock.tickAsync(PATIENCE_MS);

    expect(await rejection).to.include({ code: 'upstream_unavailable', kind: 'timeout', verdict: 'failure' });
    expect(rig.wire.signals[0]?.aborted).to.equal(true);
  });

  it('that hangs ends a trial as a failure does, though it ended before an attempt counts as slow', async () => {
    const once = { detection: { strategy: 'consecutive', failures: 1 }, openForMs: 100, openForCapMs: 100 } as const;
    rig.open({ policy: { retry: { maxAttempts: 1 }, circuit: once } }, json(500, {}), 'hang');
    await rejectionOf(rig.get());
    await rig.clock.tickAsync(100);

    const rejection = rejectionOf(rig.house.breaker.call(probe));
    await rig.clock.tickAsync(PATIENCE_MS);

    expect(await rejection).to.include({ code: 'upstream_unavailable' });
    expect(rig.house.breaker.snapshot()).to.include({ state: 'open', reason: 'probe_failed' });
  });
});
