import { expect } from 'chai';
import type sinon from 'sinon';
import { MemoryCache } from '../../../src/cache/memoryCache.ts';
import type { ServiceSettings } from '../../../src/config/serviceConfig.ts';
import { upstreamPath } from '../../../src/pipeline/upstreamPath.ts';
import type { HttpResponse, Transport } from '../../../src/wire/transport.ts';
import { CircuitBreakerFactory } from '../../../src/circuit/circuitBreakerFactory.ts';
import { guarded, type CircuitChanged, type ResilienceEvents } from '../../../src/contract/events.ts';
import { connectService, type ConnectedService } from '../../../src/services/connect.ts';
import type { Service } from '../../../src/services/provider.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { seconds, systemClock } from '../../../src/time/clock.ts';
import { createThing, fakeTime, getThing, json } from '../../support/httpHouse.ts';

const limits: ServiceSettings['limits'] = {
  attemptTimeoutMs: undefined,
  deadlineMs: undefined,
  openForMs: undefined,
  failureRatePercent: undefined,
  minimumCalls: undefined,
  rateLimit: { requests: 1000, windowMs: 1000 },
};

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });

const after = (ms: number, answer: HttpResponse): Promise<HttpResponse> =>
  new Promise(
    (resolve) =>
      void systemClock.after(ms, () => {
        resolve(answer);
      }),
  );

/** What the health operation alone does; all else is as it should be. */
const healthFaults: Readonly<Record<string, (signal: AbortSignal) => Promise<HttpResponse>>> = {
  '401': () => Promise.resolve(json(401, {})),
  '403': () => Promise.resolve(json(403, {})),
  '404': () => Promise.resolve(json(404, {})),
  '429': () => Promise.resolve(json(429, {})),
  '500': () => Promise.resolve(json(500, {})),
  'another shape': () => Promise.resolve({ status: 200, headers: { 'content-type': 'application/json' }, body: '<html>' }),
  'a hang': untilAborted,
  'a slow answer': (signal) => Promise.race([untilAborted(signal), after(2500, json(200, {}))]),
};

describe('Recovery of each service while its health operation alone fails', () => {
  let clock: sinon.SinonFakeTimers;
  let cache: MemoryCache;
  let breakers: CircuitBreakerFactory;
  let service: ConnectedService;
  let changes: CircuitChanged[];
  let isDown: boolean;
  let health: (signal: AbortSignal) => Promise<HttpResponse>;

  beforeEach(() => {
    clock = fakeTime();
    isDown = false;
    changes = [];
  });
  afterEach(() => {
    service.prober?.stop();
    service.quota.close?.();
    breakers.shutdown();
    cache.close();
    clock.restore();
  });

  /** The service as it ships, on a wire of ours: health checks are what comes by a connection of its own. */
  const connect = (name: keyof typeof serviceRegistry): void => {
    const transport: Transport = (request, signal) => {
      if (isDown) return Promise.resolve(json(503, {}));
      return request.fresh === true ? health(signal) : Promise.resolve(json(200, { id: '7' }));
    };
    const listeners: ResilienceEvents[] = [{ circuitChanged: (event) => void changes.push(event) }];
    const shared = {
      clock: systemClock,
      random: () => 1 - Number.EPSILON,
      onListenerError: (error: unknown) => {
        throw error;
      },
    };
    const events = guarded(listeners, shared.onListenerError);
    breakers = new CircuitBreakerFactory({ ...shared, events });
    cache = new MemoryCache(systemClock, 100);
    const settings = { [name]: { name, baseUrl: 'https://api.test', secret: undefined, useSandbox: false, limits } };
    const incidents = { recoveryOf: () => undefined };
    const parts = { ...shared, events, breakers, cache, transport, settings, incidents, userAgent: 'test', sandboxUrl: () => '' };
    service = connectService(serviceRegistry[name] as unknown as Service, parts);
    listeners.push(service.prober!);
  };

  const call = (operation: typeof getThing): Promise<unknown> =>
    service.http.send(operation, { path: upstreamPath`/things/7` }).catch(() => undefined);

  const open = async (): Promise<void> => {
    isDown = true;
    for (let made = 0; made < 20 && service.http.getCircuitState().state === 'closed'; made += 1) {
      void call(getThing);
      await clock.tickAsync(50);
    }
    expect(service.http.getCircuitState().state).to.equal('open');
    isDown = false;
  };

  /** One call a second, until it closes. @returns ms from the end of the open time, or of what was left of it, to the recovery. */
  const recoverWith = async (operation: typeof getThing): Promise<number> => {
    const { nextProbeAt } = service.http.getCircuitState();
    for (let second = 0; second < 30 && service.http.getCircuitState().state !== 'closed'; second += 1) {
      void call(operation);
      await clock.tickAsync(seconds(1));
    }
    expect(changes.at(-1)).to.include({ to: 'closed', reason: 'probe_succeeded' });
    return changes.at(-1)!.at - (nextProbeAt! - systemClock.wallTime() + systemClock.now());
  };

  for (const name of Object.keys(serviceRegistry) as (keyof typeof serviceRegistry)[]) {
    for (const [fault, answer] of Object.entries(healthFaults)) {
      it(`closes within 3 s of the open time by one call a second: ${name}, ${fault}`, async () => {
        health = answer;
        connect(name);
        await open();

        const lateMs = await recoverWith(getThing);

        expect(lateMs).to.be.at.most(seconds(3));
        expect(changes.map(({ to }) => to)).to.deep.equal(['open', 'half_open', 'closed']);
      });
    }

    it(`closes by writes that must not be repeated, where nothing else comes: ${name}`, async () => {
      health = healthFaults['500']!;
      connect(name);
      await open();

      const lateMs = await recoverWith(createThing);

      expect(lateMs).to.be.at.most(seconds(4));
    });
  }

  it('closes without a single caller where the health operation is healthy', async () => {
    health = () => Promise.resolve(json(404, {}));
    connect('hubspot');
    await open();

    await clock.tickAsync(seconds(6));

    expect(service.http.getCircuitState().state).to.equal('closed');
  });
});
