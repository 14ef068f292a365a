import { expect } from 'chai';
import { CircuitOpenError } from '../../src/errors/upstreamErrors.ts';
import { down, failWith, OPEN_MS, PROBES, site, succeed, useBreakerHouse } from '../support/breakerHouse.ts';
import { errorOf } from '../support/errorOf.ts';
import { HeldAttempt } from '../support/heldAttempt.ts';

describe('Circuit breaker', () => {
  const house = useBreakerHouse();

  describe('while closed', () => {
    it('hands over the value of the attempt, whatever it is', async () => {
      const breaker = house.breaker();

      expect(await breaker.call(succeed, site)).to.equal('contact');
      expect(await breaker.call(async (): Promise<unknown> => undefined, site)).to.equal(undefined);
      expect(await breaker.call(async () => null, site)).to.equal(null);
      expect(breaker.snapshot().calls).to.include({ fired: 3, success: 3, failure: 0 });
    });

    it('hands over the very error of the attempt', async () => {
      const error = down();

      expect(await errorOf(house.breaker().call(failWith(error), site), Error)).to.equal(error);
    });

    it('treats an attempt that throws at once like one that rejects', async () => {
      const error = new Error('a bug');

      const call = house.breaker().call(() => {
        throw error;
      }, site);

      expect(await errorOf(call, Error)).to.equal(error);
      expect(house.results).to.deep.equal(['failure']);
    });

    it('counts an error that is none of ours as a failure of the service', async () => {
      const breaker = house.breaker();

      await house.trip(breaker, 'a string that was thrown');

      expect(breaker.snapshot().state).to.equal('open');
    });

    it('stays closed below the threshold', async () => {
      const breaker = house.breaker();

      await house.calls(breaker, 2, failWith(down()));

      expect(breaker.snapshot()).to.include({ state: 'closed', epoch: 0, reason: 'start' });
    });

    it('opens at the threshold', async () => {
      const breaker = house.breaker();

      await house.trip(breaker);

      expect(breaker.snapshot()).to.include({ state: 'open', epoch: 1, reason: 'consecutive_failures', openings: 1 });
    });

    it('opens as soon as enough of many concurrent calls have failed, not when all have ended', async () => {
      const breaker = house.breaker();
      const held = Array.from({ length: 10 }, () => new HeldAttempt());
      const calls = held.map(({ begin }) => breaker.call(begin, site).catch(() => undefined));

      for (const attempt of held.slice(0, 3)) attempt.fail(down());
      await Promise.all(calls.slice(0, 3));

      expect(breaker.snapshot().state).to.equal('open');
    });
  });

  describe('while open', () => {
    it('refuses at once, without making the attempt', async () => {
      const breaker = house.breaker();
      const attempt = new HeldAttempt();
      await house.trip(breaker);

      const error = await errorOf(breaker.call(attempt.begin, site), CircuitOpenError);

      expect(attempt.begun).to.equal(0);
      expect(error).to.include({ code: 'circuit_open', retryable: false, verdict: 'ignored', execution: 'not_sent' });
    });

    it('names the circuit, the operation and the reason, and says when to come again', async () => {
      const breaker = house.breaker();
      await house.trip(breaker);
      await house.time.advance(OPEN_MS / 4);

      const error = await errorOf(breaker.call(succeed, { service: 'hubspot', operation: 'search_contacts' }), CircuitOpenError);

      expect(error).to.include({ circuit: 'hubspot', service: 'hubspot', operation: 'search_contacts', reason: 'consecutive_failures' });
      expect(error.retryAfterMs).to.equal((OPEN_MS * 3) / 4);
    });

    it('is not kept open by the calls it refuses', async () => {
      const breaker = house.breaker();
      await house.trip(breaker);

      for (let elapsed = 0; elapsed < OPEN_MS; elapsed += 100) {
        await house.calls(breaker, 5, succeed);
        await house.time.advance(100);
      }

      expect(breaker.snapshot().state).to.equal('half_open');
    });

    it('becomes half-open when its time is over, and not a moment sooner', async () => {
      const breaker = house.breaker();
      await house.trip(breaker);

      await house.time.advance(OPEN_MS - 1);
      const before = breaker.snapshot().state;
      await house.time.advance(1);

      expect(before).to.equal('open');
      expect(breaker.snapshot()).to.include({ state: 'half_open', reason: 'open_time_over' });
    });
  });

  describe('on the way back', () => {
    it('closes on five probes that succeed, and on no fewer', async () => {
      const breaker = house.breaker();
      await house.toHalfOpen(breaker);

      await house.calls(breaker, PROBES - 1, succeed);
      const before = breaker.snapshot().state;
      const value = await breaker.call(succeed, site);

      expect(before).to.equal('half_open');
      expect(value).to.equal('contact');
      expect(house.path).to.deep.equal(['open', 'half_open', 'closed']);
      expect(house.reasons).to.deep.equal(['consecutive_failures', 'open_time_over', 'probe_succeeded']);
    });

    it('opens again on one probe that fails, however many have succeeded', async () => {
      const breaker = house.breaker();
      await house.toHalfOpen(breaker);
      await house.calls(breaker, PROBES - 1, succeed);

      await house.calls(breaker, 1, failWith(down()));

      expect(house.path).to.deep.equal(['open', 'half_open', 'open']);
      expect(breaker.snapshot()).to.include({ reason: 'probe_failed', openings: 2 });
    });

    it('holds nothing from before the outage against the service', async () => {
      const breaker = house.breaker();
      await house.toHalfOpen(breaker);
      await house.recover(breaker);

      await house.calls(breaker, 2, failWith(down()));

      expect(breaker.snapshot()).to.include({ state: 'closed', reason: 'probe_succeeded' });
    });

    it('lets only a few through in the first second after it has closed, and tells the others to come again', async () => {
      const breaker = house.breaker();
      await house.toHalfOpen(breaker);
      await house.probeWell(breaker);

      const calls = Array.from({ length: 20 }, () => breaker.call(succeed, site));
      const refused = await Promise.all(calls.slice(2).map((call) => errorOf(call, CircuitOpenError)));

      expect(await Promise.all(calls.slice(0, 2))).to.deep.equal(['contact', 'contact']);
      expect(refused[0]).to.include({ reason: 'ramping', retryAfterMs: 1000, retryable: false });
    });

    it('serves everybody once the ramp is over', async () => {
      const breaker = house.breaker();
      await house.toHalfOpen(breaker);
      await house.recover(breaker);

      const values = await Promise.all(Array.from({ length: 20 }, () => breaker.call(succeed, site)));

      expect(values).to.have.length(20);
    });
  });
});
