import { expect } from 'chai';
import { CircuitOpenError, UpstreamUnauthorizedError } from '../../../src/errors/upstreamErrors.ts';
import type { CircuitBreaker } from '../../../src/circuit/circuitBreaker.ts';
import { minutes } from '../../../src/time/clock.ts';
import {
  ATTEMPT_TIMEOUT_MS,
  down,
  failWith,
  OPEN_MS,
  PROBES,
  RAMP_MS,
  SLOW_MS,
  succeed,
  useBreakerHouse,
} from '../../support/breakerHouse.ts';
import { errorOf } from '../../support/errorOf.ts';
import { HeldAttempt } from '../../support/heldAttempt.ts';
import { byEvidence, callEach, callOf, ENOUGH, LONGEST_OPEN_MS, siteOf, stop } from '../../support/operationCalls.ts';

describe('Circuits of operations', () => {
  const house = useBreakerHouse();
  let breaker: CircuitBreaker;

  beforeEach(() => {
    breaker = house.breaker(byEvidence);
  });

  const summary = () => breaker.snapshot().operations;
  const open = async (operation: string): Promise<CircuitOpenError> => errorOf(callOf(breaker, operation, succeed), CircuitOpenError);

  describe('one operation that fails', () => {
    it('is stopped alone, and the refusal names its circuit', async () => {
      await stop(house, breaker, 'search', 'read');

      const refusal = { circuit: 'hubspot:search', service: 'hubspot', operation: 'search', reason: 'failure_evidence' };
      expect(await open('search')).to.include(refusal);
      expect(await callOf(breaker, 'read', succeed)).to.equal('contact');
      expect(breaker.state).to.equal('closed');
    });

    it('is told as a change of its own, which no listener to circuits hears', async () => {
      await stop(house, breaker, 'search', 'read');

      expect(house.changes).to.deep.equal([]);
      expect(house.operationChanges).to.have.length(1);
      expect(house.operationChanges[0]).to.include({
        circuit: 'hubspot:search',
        service: 'hubspot',
        operation: 'search',
        from: 'closed',
        to: 'open',
        reason: 'failure_evidence',
      });
    });

    it('does not stop the service even when it is most of the traffic, once another is seen to be well', async () => {
      for (let round = 0; round < 20; round += 1) {
        await callEach(breaker, ['search', 'search', 'search'], failWith(down()));
        await callOf(breaker, 'read', succeed);
      }

      expect(house.changes).to.deep.equal([]);
      expect(summary()).to.deep.equal({ openCount: 1, open: ['search'], suspect: [] });
    });

    it('is the service’s own affair while no other is in use: its circuit opens, and the operation’s keeps still', async () => {
      await callEach(breaker, Array<string>(ENOUGH).fill('search'), failWith(down()));

      expect(breaker.snapshot()).to.include({ state: 'open', reason: 'failure_evidence' });
      expect(house.operationChanges).to.deep.equal([]);
    });

    it('finds no witness in an answer to a question from before it failed', async () => {
      const before = new HeldAttempt();
      const early = callOf(breaker, 'read', before.begin);
      await house.time.advance(10);
      await callEach(breaker, ['search', 'search', 'search'], failWith(down()));
      before.succeed('contact');
      await early;

      await callEach(breaker, ['search', 'search'], failWith(down()));

      expect(breaker.state).to.equal('open');
      expect(house.operationChanges).to.deep.equal([]);
    });

    it('is not asked of the service’s circuit while stopped, so it counts there for nothing', async () => {
      await stop(house, breaker, 'search', 'read');
      const before = breaker.snapshot().calls;

      await open('search');

      expect(breaker.snapshot().calls).to.deep.equal(before);
    });

    it('uses up the evidence against the service: once it is stopped, the others get their retries again', async () => {
      await callEach(breaker, ['search', 'search', 'search'], failWith(down()));
      expect(breaker.isSuspect).to.equal(true);

      await callEach(breaker, ['read'], succeed);
      await callEach(breaker, ['search'], failWith(down()));

      expect(summary().open).to.deep.equal(['search']);
      expect(breaker.isSuspect).to.equal(false);
    });

    it('says nothing new about the service while stopped, even where nobody else calls', async () => {
      const late = new HeldAttempt();
      const calls = Array.from({ length: 2 * ENOUGH }, () => callOf(breaker, 'search', late.begin).catch(() => undefined));
      await stop(house, breaker, 'search', 'read');
      late.fail(down());
      await Promise.all(calls);

      for (let probed = 0; probed < 2 * ENOUGH; probed += 1) {
        await house.time.advance(LONGEST_OPEN_MS);
        await callEach(breaker, ['search'], failWith(down()));
      }

      expect(house.changes).to.deep.equal([]);
      expect(summary().open).to.deep.equal(['search']);
    });

    it('shows as suspect half-way', async () => {
      await callEach(breaker, ['search', 'search'], failWith(down()));

      expect(summary()).to.deep.equal({ openCount: 0, open: [], suspect: ['search'] });
    });

    it('is stopped over refused credentials too, if only it is refused', async () => {
      const refused = failWith(new UpstreamUnauthorizedError(siteOf('export'), 403));
      for (let made = 0; made < 3; made += 1) {
        await callEach(breaker, ['export'], refused);
        await callEach(breaker, ['read'], succeed);
      }

      expect(await open('export')).to.include({ circuit: 'hubspot:export', reason: 'credential' });
      expect(breaker.state).to.equal('closed');
    });
  });

  describe('one operation that hangs', () => {
    it('is stopped before any time-out, and those who wait for it are let go', async () => {
      const attempt = new HeldAttempt();
      const cuttable = {
        cut: (error: Error) => {
          attempt.fail(error);
        },
      };
      const call = (): Promise<unknown> => breaker.callOperation(attempt.begin, siteOf('search'), cuttable);
      const calls = Array.from({ length: 7 }, () => errorOf(call(), CircuitOpenError));
      await callOf(breaker, 'read', succeed);

      await house.time.advance(SLOW_MS);

      expect(SLOW_MS).to.be.below(ATTEMPT_TIMEOUT_MS);
      for (const refusal of calls) expect(await refusal).to.include({ circuit: 'hubspot:search', reason: 'slow_evidence' });
      expect(breaker.state).to.equal('closed');
    });

    it('stops the service where nothing else answers either', async () => {
      const attempt = new HeldAttempt();
      const asked = ['read', 'search', 'list', 'count', 'read', 'search', 'list'];
      const calls = asked.map((operation) => callOf(breaker, operation, attempt.begin));

      await house.time.advance(SLOW_MS);
      attempt.succeed('contact');
      await Promise.all(calls);

      expect(breaker.snapshot()).to.include({ state: 'open', reason: 'slow_evidence' });
      expect(house.operationChanges).to.deep.equal([]);
    });
  });

  describe('all operations that fail', () => {
    it('open the service’s circuit as soon as ever, and none of their own', async () => {
      await callEach(breaker, ['read', 'search', 'list', 'count'], succeed);
      await house.time.advance(1);

      await callEach(breaker, ['read', 'search', 'list', 'count'], failWith(down()));

      expect(breaker.snapshot()).to.include({ state: 'open', reason: 'failure_evidence' });
      expect(house.operationChanges).to.deep.equal([]);
    });

    it('open it too when one of them was stopped long before', async () => {
      await stop(house, breaker, 'search', 'read');
      await house.time.advance(minutes(1));
      await callEach(breaker, ['read', 'list', 'count'], succeed);
      await house.time.advance(1);

      await callEach(breaker, ['read', 'list', 'count', 'read'], failWith(down()));

      expect(breaker.state).to.equal('open');
    });
  });

  describe('on the way back', () => {
    beforeEach(async () => {
      await stop(house, breaker, 'search', 'read');
    });

    it('let one real call probe at a time, and close after enough good ones', async () => {
      await house.time.advance(OPEN_MS);
      const probe = new HeldAttempt();
      const first = callOf(breaker, 'search', probe.begin);

      expect(await open('search')).to.include({ circuit: 'hubspot:search', reason: 'probing' });
      probe.succeed('contact');
      await first;
      await callEach(breaker, Array<string>(PROBES - 1).fill('search'), succeed);

      expect(house.operationChanges.map(({ to, reason }) => [to, reason])).to.deep.equal([
        ['open', 'failure_evidence'],
        ['half_open', 'open_time_over'],
        ['closed', 'probe_succeeded'],
      ]);
    });

    it('open again over one bad probe, for longer, but not beyond twice the first time', async () => {
      await house.time.advance(OPEN_MS);
      for (const lastingMs of [LONGEST_OPEN_MS, LONGEST_OPEN_MS, LONGEST_OPEN_MS]) {
        await callEach(breaker, ['search'], failWith(down()));
        await house.time.advance(lastingMs - 1);
        expect((await open('search')).reason).to.equal('probe_failed');
        await house.time.advance(1);
        expect(house.operationChanges.at(-1)).to.include({ to: 'half_open' });
      }
    });

    it('ask nobody but callers: the service’s own probes say nothing about the operation', async () => {
      await house.time.advance(OPEN_MS);

      await house.calls(breaker, 2 * PROBES, succeed);

      expect(summary().open).to.deep.equal(['search']);
    });
  });

  describe('when the service’s circuit opens', () => {
    const breakService = async (): Promise<void> => {
      await callEach(breaker, ['read', 'list', 'count', 'read', 'list', 'count'], failWith(down()));
      expect(breaker.state).to.equal('open');
    };

    it('are closed: what they saw was the same outage', async () => {
      await stop(house, breaker, 'search', 'read');

      await breakService();

      expect(house.operationChanges.at(-1)).to.include({ circuit: 'hubspot:search', to: 'closed', reason: 'service_open' });
      expect(summary()).to.deep.equal({ openCount: 0, open: [], suspect: [] });
    });

    it('learn nothing from attempts of before, whenever those end', async () => {
      const late = new HeldAttempt();
      const calls = Array.from({ length: ENOUGH }, () => callOf(breaker, 'search', late.begin).catch(() => undefined));
      await breakService();

      late.fail(down());
      await Promise.all(calls);

      expect(summary()).to.deep.equal({ openCount: 0, open: [], suspect: [] });
    });

    it('take its refusals for no evidence, while it probes or ramps', async () => {
      await breakService();
      await house.time.advance(OPEN_MS);
      const probe = new HeldAttempt();
      const first = callOf(breaker, 'read', probe.begin);

      for (let asked = 0; asked < 2 * ENOUGH; asked += 1) {
        expect(await open('search')).to.include({ circuit: 'hubspot', reason: 'probing' });
      }
      probe.succeed('contact');
      await first;

      expect(summary()).to.deep.equal({ openCount: 0, open: [], suspect: [] });
    });

    it('let their callers probe it, whatever the operation', async () => {
      await stop(house, breaker, 'search', 'read');
      await breakService();
      await house.time.advance(OPEN_MS);

      await callEach(breaker, ['search', 'read', 'list', 'count', 'search'], succeed);
      await house.time.advance(RAMP_MS);

      expect(breaker.snapshot()).to.include({ state: 'closed', reason: 'probe_succeeded' });
    });
  });

  describe('several of which fall together', () => {
    const failTwo = async (others: readonly string[]): Promise<void> => {
      for (let round = 0; round < ENOUGH; round += 1) {
        await callEach(breaker, ['search', 'list'], failWith(down()));
        await callEach(breaker, others, succeed);
        await house.time.advance(1);
      }
    };

    it('are stopped one by one while another is well', async () => {
      await failTwo(['read', 'count', 'read', 'count', 'read', 'count']);

      expect(house.changes).to.deep.equal([]);
      expect(summary().open).to.deep.equal(['search', 'list']);
    });

    it('open the service’s circuit where they are half of those in use, and none is seen to be well', async () => {
      const byRate = { strategy: 'rate', windowMs: 10_000, minimumCalls: 4, failureRatePercent: 50, slowRatePercent: 50 } as const;
      breaker = house.breaker({ detection: byRate }, 'lemlist');
      await callEach(breaker, Array<string>(30).fill('read'), succeed);
      await house.time.advance(1);

      await callEach(breaker, ['search', 'list', 'search', 'list', 'search', 'list', 'search'], failWith(down()));

      expect(breaker.snapshot()).to.include({ state: 'open', reason: 'operations_failing' });
      expect(house.operationChanges).to.deep.equal([]);
    });
  });
});
