import { expect } from 'chai';
import { UpstreamUnavailableError, UpstreamUnauthorizedError, type FailureKind } from '../../../../src/errors/upstreamErrors.ts';
import { CircuitBreakerFactory } from '../../../../src/circuit/circuitBreakerFactory.ts';
import { guarded, type ResilienceEvents } from '../../../../src/contract/events.ts';
import type { WarningScored } from '../../../../src/monitoring/incidents/earlyWarnings.ts';
import { createIncidentWatch, type IncidentSource, type IncidentWatch } from '../../../../src/monitoring/incidents/incidentWatch.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { serviceRegistry } from '../../../../src/services/registry.ts';
import { VirtualTime } from '../../../support/virtualTime.ts';
import { recordingLogger, type LogLine } from '../../web/webGateway.ts';

type Service = 'hubspot' | 'lemlist';

const unavailable = (service: Service, kind: FailureKind): Error =>
  new UpstreamUnavailableError({ service, operation: 'call' }, kind, 'unknown');

/** Failures in a row that open a circuit by the templates, and those that make it suspect. */
const TO_OPEN = 4;
const TO_SUSPECT = 2;

/** Real circuits by the services' own templates, and a watch over them. */
class WatchedHouse {
  readonly lines: LogLine[] = [];
  readonly scored: WarningScored[] = [];
  readonly sources: IncidentSource[] = [];
  readonly factory: CircuitBreakerFactory;
  readonly watch: IncidentWatch;
  readonly events: Required<ResilienceEvents>;
  readonly #actions = new Map<Service, { fire(error: Error | undefined): Promise<unknown> }>();

  constructor() {
    const listeners: ResilienceEvents[] = [];
    const fail = (error: unknown): never => {
      throw error;
    };
    this.events = guarded(listeners, fail);
    this.factory = new CircuitBreakerFactory({ clock: systemClock, random: () => 0, events: this.events, onListenerError: fail });
    this.watch = createIncidentWatch({
      clock: systemClock,
      logger: recordingLogger(this.lines),
      circuits: this.factory,
      metrics: {
        watchIncidents: (source) => this.sources.push(source),
        warningScored: (warning) => this.scored.push(warning),
      },
    });
    listeners.push(this.watch);
  }

  /** One call through the service's circuit. */
  async call(service: Service, error?: Error): Promise<void> {
    const action =
      this.#actions.get(service) ??
      this.factory.create(
        service,
        async (_signal: AbortSignal, outcome: Error | undefined) => {
          await Promise.resolve();
          if (outcome !== undefined) throw outcome;
        },
        serviceRegistry[service].overrides,
      );
    this.#actions.set(service, action);
    await action.fire(error).catch(() => undefined);
  }

  async fail(service: Service, kind: FailureKind, times = TO_OPEN): Promise<void> {
    for (let count = 0; count < times; count += 1) await this.call(service, unavailable(service, kind));
  }

  messages(): readonly string[] {
    return this.lines.map(({ message }) => message).filter((message) => message.includes('together'));
  }
}

describe('The incident watch', () => {
  const time = new VirtualTime();
  let house: WatchedHouse;

  beforeEach(() => {
    time.start();
    house = new WatchedHouse();
  });

  afterEach(() => {
    house.factory.shutdown();
    const { pendingTimers } = time;
    time.restore();
    expect(pendingTimers, 'timers left behind').to.equal(0);
  });

  it('names two outages at one time as one incident, with one line at its begin and one at its end', async () => {
    await house.fail('hubspot', 'dns');
    await time.advance(2000);
    await house.fail('lemlist', 'connect');
    const active = house.watch.active();
    await time.advance(60_000);
    for (let probe = 0; probe < 10; probe += 1) await house.call('hubspot');

    const fields = { incident: active?.id, class: 'local-egress', services: ['hubspot', 'lemlist'] };
    expect(active).to.deep.include({ class: 'local-egress', services: ['hubspot', 'lemlist'] });
    expect(house.lines.filter(({ message }) => message.includes('together'))).to.deep.equal([
      { level: 'warn', message: 'services fail together', ...fields },
      { level: 'info', message: 'services no longer fail together', ...fields, lastedMs: 60_000 },
    ]);
    expect(house.watch.active()).to.equal(undefined);
  });

  it('makes nothing of one service that fails alone', async () => {
    await house.call('lemlist');
    await house.fail('hubspot', 'http_5xx');

    expect(house.watch.active()).to.equal(undefined);
    expect(house.messages()).to.deep.equal([]);
  });

  it('counts a service that is about to open, and drops it if it recovers, unasked for by any event', async () => {
    await house.fail('lemlist', 'http_5xx', TO_SUSPECT);
    await house.fail('hubspot', 'http_5xx');
    const before = house.watch.active()?.services;

    await time.advance(10_001);

    expect(before).to.deep.equal(['hubspot', 'lemlist']);
    expect(house.watch.active()).to.equal(undefined);
    expect(house.messages()).to.deep.equal(['services fail together', 'services no longer fail together']);
  });

  it('does not take refused credentials for a failure in common', async () => {
    await house.fail('hubspot', 'http_5xx');

    for (let call = 0; call < 3; call += 1) {
      await house.call('lemlist', new UpstreamUnauthorizedError({ service: 'lemlist', operation: 'call' }, 401));
    }

    expect(house.factory.get('lemlist')?.state).to.equal('open');
    expect(house.watch.active()).to.equal(undefined);
  });

  it('lets the recovery of its services ask for their turns', async () => {
    await house.fail('hubspot', 'http_5xx');
    await house.fail('lemlist', 'http_5xx');
    await time.advance(300);

    expect(house.watch.recoveryOf('hubspot')).to.deep.equal({ nextProbeInMs: 700, sparesQuota: false });
    expect(house.watch.recoveryOf('lemlist:search')).to.deep.equal({ nextProbeInMs: 1700, sparesQuota: false });
    expect(house.watch.recoveryOf('explorium')).to.equal(undefined);
  });

  it('tells the recovery of a service in an incident to spare what little is left of its quota for the day', async () => {
    house.events.quotaSeen('hubspot', 'day', { limit: 1000, remaining: 50 });
    house.events.quotaSeen('lemlist', 'two_seconds', { limit: 20, remaining: 0 });
    const alone = house.watch.recoveryOf('hubspot');
    await house.fail('hubspot', 'http_5xx');
    await house.fail('lemlist', 'http_5xx');

    const spared = ['hubspot', 'lemlist'].map((service) => house.watch.recoveryOf(service)?.sparesQuota);

    expect(alone).to.equal(undefined);
    expect(spared).to.deep.equal([true, false]);
  });

  it('warns of a bulkhead that stays crowded', async () => {
    house.events.bulkheadCrowded('hubspot', true);
    await time.advance(5000);

    expect(house.watch.warnings().map(({ service, detector }) => `${service} ${detector}`)).to.deep.equal(['hubspot bulkhead']);
  });

  it('warns of a suspect circuit, and scores the warning when it opens', async () => {
    await house.fail('hubspot', 'http_5xx', TO_SUSPECT + 1);
    const warnings = house.watch.warnings();
    await time.advance(2500);
    await house.fail('hubspot', 'http_5xx', 1);

    expect(warnings).to.deep.equal([{ service: 'hubspot', detector: 'suspicion', since: systemClock.wallTime() - 2500 }]);
    expect(house.lines[0]).to.deep.equal({ level: 'info', message: 'early warning', service: 'hubspot', detector: 'suspicion' });
    expect(house.scored).to.deep.equal([{ service: 'hubspot', detector: 'suspicion', followed: 'open', leadMs: 2500 }]);
    expect(house.watch.warnings()).to.deep.equal([]);
  });

  it('scores a warning as wrong when somebody looks, though no call has come by', async () => {
    await house.fail('hubspot', 'http_5xx', TO_SUSPECT + 1);
    await time.advance(120_000);

    expect(house.watch.warnings()).to.deep.equal([]);
    expect(house.scored).to.deep.equal([{ service: 'hubspot', detector: 'suspicion', followed: 'none' }]);
  });

  it('never refuses a call, whatever it warns of', async () => {
    house.events.quotaSeen('hubspot', 'day', { limit: 100, remaining: 1 });
    await house.fail('hubspot', 'http_5xx', TO_SUSPECT + 1);

    await house.call('hubspot');

    expect(house.watch.warnings().map(({ detector }) => detector)).to.deep.equal(['suspicion', 'quota']);
    expect(house.factory.get('hubspot')?.snapshot().calls).to.include({ rejected: 0, success: 1 });
  });

  it('hears of attempts and quotas what everybody hears', () => {
    const attempt = { service: 'hubspot', operation: 'get_contact', attempt: 'first', outcome: 'success' } as const;
    for (let call = 0; call < 100; call += 1) house.events.attemptEnded({ ...attempt, durationMs: 95 + (call % 3) * 5 });
    for (let call = 0; call < 10; call += 1) house.events.attemptEnded({ ...attempt, durationMs: 900 });
    house.events.quotaSeen('lemlist', 'two_seconds', { limit: 100, remaining: 4 });

    expect(house.watch.warnings().map(({ service, detector }) => [service, detector])).to.deep.equal([
      ['hubspot', 'latency'],
      ['lemlist', 'quota'],
    ]);
  });

  it('shows itself to the metrics', () => {
    expect(house.sources).to.deep.equal([house.watch]);
    expect(house.watch.muted()).to.deep.equal([]);
  });
});
