import { expect } from 'chai';
import { MemoryCache } from '../../../../src/cache/memoryCache.ts';
import { Secret } from '../../../../src/config/secret.ts';
import type { ServiceSettings } from '../../../../src/config/serviceConfig.ts';
import { CircuitBreakerFactory } from '../../../../src/resilience/circuitBreakerFactory.ts';
import { guarded } from '../../../../src/resilience/events.ts';
import { connectService } from '../../../../src/services/connectServices.ts';
import { sendgrid } from '../../../../src/services/sendgrid/sendgrid.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { fakeTransport } from '../../../support/fakeTransport.ts';

const unexpected = (error: unknown): never => {
  throw new Error('nothing fails here', { cause: error });
};

const settingsOf = (own: Partial<ServiceSettings>): ServiceSettings => ({
  name: 'sendgrid',
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

/** Where the health check goes under these settings. */
const addressUnder = async (own: Partial<ServiceSettings>): Promise<string> => {
  const { transport, sent } = fakeTransport({ status: 200, headers: {}, body: '{"scopes":[]}' });
  const shared = { clock: systemClock, random: () => 0.5, events: guarded([], unexpected), onListenerError: unexpected };
  const breakers = new CircuitBreakerFactory(shared);
  const cache = new MemoryCache(systemClock, 10);
  try {
    const parts = { ...shared, breakers, cache, transport, userAgent: 'test', incidents: { recoveryOf: () => undefined } };
    const sandboxUrl = (service: string): string => `http://127.0.0.1:4010/${service}`;
    const { client } = connectService(sendgrid, { ...parts, sandboxUrl, settings: { sendgrid: settingsOf(own) } });
    await client.getScopes();
  } finally {
    breakers.shutdown();
    cache.close();
  }
  return `${sent[0]?.origin ?? ''}${sent[0]?.path ?? ''}`;
};

describe('a connected SendGrid', () => {
  it('is asked at the global host, unless the settings name the EU’s', async () => {
    const secret = new Secret('SG.key.of-ours');

    expect(await addressUnder({ secret })).to.equal('https://api.sendgrid.com/v3/scopes');
    expect(await addressUnder({ secret, baseUrl: 'https://api.eu.sendgrid.com' })).to.equal('https://api.eu.sendgrid.com/v3/scopes');
  });

  it('is asked in the sandbox while there is no key', async () => {
    expect(await addressUnder({ useSandbox: true })).to.equal('http://127.0.0.1:4010/sendgrid/v3/scopes');
  });
});
