/**
 * A connected service over a fake wire: where it goes under which settings.
 */
import { MemoryCache } from '../../src/cache/memoryCache.ts';
import type { ServiceSettings } from '../../src/config/serviceConfig.ts';
import { CircuitBreakerFactory } from '../../src/circuit/circuitBreakerFactory.ts';
import { guarded } from '../../src/contract/events.ts';
import { connectService } from '../../src/services/connect.ts';
import type { Service, ServiceClient } from '../../src/services/provider.ts';
import { systemClock } from '../../src/time/clock.ts';
import { fakeTransport } from './fakeTransport.ts';

const unexpected = (error: unknown): never => {
  throw new Error('nothing fails here', { cause: error });
};

const settingsOf = (name: string, own: Partial<ServiceSettings>): ServiceSettings => ({
  name,
  baseUrl: undefined,
  secret: undefined,
  useSandbox: false,
  limits: {
    attemptTimeoutMs: undefined,
    deadlineMs: undefined,
    openForMs: undefined,
    failureRatePercent: undefined,
    minimumCalls: undefined,
    rateLimit: undefined,
  },
  ...own,
});

/** Where a call of the service's client goes under these settings; the wire answers it with `body`. */
export const addressUnder = async <Client extends ServiceClient>(
  service: Service<Client>,
  own: Partial<ServiceSettings>,
  body: string,
  call: (client: Client) => Promise<unknown>,
): Promise<string> => {
  const { transport, sent } = fakeTransport({ status: 200, headers: {}, body });
  const shared = { clock: systemClock, random: () => 0.5, events: guarded([], unexpected), onListenerError: unexpected };
  const breakers = new CircuitBreakerFactory(shared);
  const cache = new MemoryCache(systemClock);
  try {
    const parts = { ...shared, breakers, cache, transport, userAgent: 'test', incidents: { recoveryOf: () => undefined } };
    const sandboxUrl = (name: string): string => `http://127.0.0.1:4010/${name}`;
    const { client } = connectService(service, { ...parts, sandboxUrl, settings: { [service.name]: settingsOf(service.name, own) } });
    await call(client);
  } finally {
    breakers.shutdown();
    cache.close();
  }
  return `${sent[0]?.origin ?? ''}${sent[0]?.path ?? ''}`;
};
