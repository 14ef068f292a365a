import { expect } from 'chai';
import { CircuitOpenError, UpstreamTimeoutError } from '../../../src/errors/upstreamErrors.ts';
import type { Service } from '../../../src/services/provider.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { policyOf } from '../../../src/services/serviceSettings.ts';
import { ATTEMPT_TIMEOUT_MS, failWith, policy, site, succeed, useBreakerHouse } from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';

describe('CircuitBreakerFactory', () => {
  const house = useBreakerHouse();

  it('gives the same breaker to everybody who asks for the name', () => {
    expect(house.breaker()).to.equal(house.breaker());
    expect(house.factory.get('hubspot')).to.equal(house.breaker());
  });

  it('knows no breaker that nobody has asked for', () => {
    expect(house.factory.get('hubspot')).to.equal(undefined);
    expect(house.factory.states()).to.deep.equal([]);
  });

  it('takes an equal policy for the same, whoever wrote it down', () => {
    const copy = structuredClone(policy);

    expect(house.factory.breaker('hubspot', { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit: copy })).to.equal(house.breaker());
  });

  it('refuses a second policy for a known name', () => {
    house.breaker();

    expect(() => house.breaker({ openForMs: 1 })).to.throw('Circuit breaker "hubspot" already exists with another policy');
    expect(() => house.factory.breaker('hubspot', { attemptTimeoutMs: 1, circuit: policy })).to.throw('another policy');
  });

  it('shows the state of every circuit, in order of creation', async () => {
    await house.trip(house.breaker({}, 'lemlist'));
    house.breaker({}, 'hubspot');

    expect(house.factory.states().map(({ name, state }) => [name, state])).to.deep.equal([
      ['lemlist', 'open'],
      ['hubspot', 'closed'],
    ]);
  });

  it('keeps circuits apart: one that opens leaves the others alone', async () => {
    await house.trip(house.breaker({}, 'lemlist'));

    expect(await house.breaker({}, 'hubspot').call(succeed, site)).to.equal('contact');
  });

  it('shares nothing between factories', async () => {
    const other = house.createFactory();
    await house.trip(house.breaker());

    const value = await other.breaker('hubspot', { attemptTimeoutMs: ATTEMPT_TIMEOUT_MS, circuit: policy }).call(succeed, site);
    other.shutdown();

    expect(value).to.equal('contact');
  });

  describe('create', () => {
    it('puts any action behind a circuit of its own, and passes its arguments on', async () => {
      const add = house.factory.create('sums', async (_signal: AbortSignal, one: number, two: number) => Promise.resolve(one + two));

      expect(await add.fire(1, 2)).to.equal(3);
      expect(add.snapshot()).to.include({ name: 'sums', state: 'closed' });
    });

    it('ends an attempt that takes too long, and tells it so', async () => {
      const attempt = new HeldAttempt();
      const action = house.factory.create('reports', attempt.begin, { attemptTimeoutMs: 50 });
      const call = action.fire();
      const error = errorOf(call, UpstreamTimeoutError);

      await house.time.advance(50);

      expect(await error).to.include({ service: 'reports', operation: 'call', timeoutMs: 50 });
      expect(attempt.signal?.reason).to.equal(await error);
    });

    it('opens on the template’s terms, unless they are overridden', async () => {
      const action = house.factory.create('reports', failWith(new Error('down')), {
        circuit: { detection: { strategy: 'consecutive', failures: 2 } },
      });

      await errorOf(action.fire(), Error);
      await errorOf(action.fire(), Error);

      expect(await errorOf(action.fire(), CircuitOpenError)).to.include({ circuit: 'reports' });
    });

    it('turns an action that throws at once into a rejection', async () => {
      const action = house.factory.create('reports', () => {
        throw new Error('a bug');
      });

      expect((await errorOf(action.fire(), Error)).message).to.equal('a bug');
    });

    it('refuses a policy that cannot be, naming what is wrong', () => {
      expect(() => house.factory.create('reports', succeed, { attemptTimeoutMs: Number.NaN })).to.throw(
        /The policy of "reports" is impossible: attemptTimeoutMs must be/u,
      );
    });
  });

  describe('create, for a service', () => {
    for (const service of Object.values<Service>(serviceRegistry)) {
      it(`takes what ${service.name} has otherwise`, async () => {
        const action = house.factory.create(service.name, succeed, service.overrides);

        expect(await action.fire()).to.equal('contact');
        expect(action.snapshot()).to.deep.include({ name: service.name, detection: policyOf(service).circuit.detection });
      });
    }

    it('hands the one circuit of a name to the actions it makes', async () => {
      const failing = house.factory.create('hubspot', failWith(new Error('down')));
      const healthy = house.factory.create('hubspot', succeed);

      for (let made = 0; made < 10; made += 1) await errorOf(failing.fire(), Error);

      await errorOf(healthy.fire(), CircuitOpenError);
    });
  });
});
