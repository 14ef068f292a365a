import { expect } from 'chai';
import { MemoryCache } from '../../../../src/cache/memoryCache.ts';
import { Secret } from '../../../../src/config/secret.ts';
import type { ServiceSettings } from '../../../../src/config/serviceConfig.ts';
import { CircuitBreakerFactory } from '../../../../src/resilience/circuitBreakerFactory.ts';
import { guarded } from '../../../../src/resilience/events.ts';
import { connectService } from '../../../../src/services/connectServices.ts';
import { mailchimp } from '../../../../src/services/mailchimp/mailchimp.ts';
import { systemClock } from '../../../../src/time/clock.ts';
import { fakeTransport } from '../../../support/fakeTransport.ts';

const unexpected = (error: unknown): never => {
  throw new Error('nothing fails here', { cause: error });
};

const settingsOf = (own: Partial<ServiceSettings>): ServiceSettings => ({
  name: 'mailchimp',
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

/** Where a ping goes under these settings. */
const addressUnder = async (own: Partial<ServiceSettings>): Promise<string> => {
  const { transport, sent } = fakeTransport({ status: 200, headers: {}, body: '{"health_status":"well"}' });
  const shared = { clock: systemClock, random: () => 0.5, events: guarded([], unexpected), onListenerError: unexpected };
  const breakers = new CircuitBreakerFactory(shared);
  const cache = new MemoryCache(systemClock, 10);
  try {
    const parts = { ...shared, breakers, cache, transport, userAgent: 'test', incidents: { recoveryOf: () => undefined } };
    const sandboxUrl = (service: string): string => `http://127.0.0.1:4010/${service}`;
    const { client } = connectService(mailchimp, { ...parts, sandboxUrl, settings: { mailchimp: settingsOf(own) } });
    await client.ping();
  } finally {
    breakers.shutdown();
    cache.close();
  }
  return `${sent[0]?.origin ?? ''}${sent[0]?.path ?? ''}`;
};

describe('a connected Mailchimp', () => {
  it('is asked at the data centre of its key', async () => {
    expect(await addressUnder({ secret: new Secret('0123456789abcdef-eu2') })).to.equal('https://eu2.api.mailchimp.com/3.0/ping');
  });

  it('is asked where the settings say, whatever the key or token', async () => {
    const baseUrl = 'https://proxy.example.com/mailchimp';

    expect(await addressUnder({ baseUrl, secret: new Secret('0123456789abcdef-eu2') })).to.equal(`${baseUrl}/ping`);
    expect(await addressUnder({ baseUrl, secret: new Secret('token0123456789') })).to.equal(`${baseUrl}/ping`);
  });

  it('is asked in the sandbox while there is no key', async () => {
    expect(await addressUnder({ useSandbox: true })).to.equal('http://127.0.0.1:4010/mailchimp/ping');
  });

  it('stops the start for a key that names no data centre, without repeating it', async () => {
    const failure = await addressUnder({ secret: new Secret('nowhere0123456789') }).then(
      () => undefined,
      (error: unknown) => error,
    );

    expect(failure).to.be.instanceOf(Error).with.property('message').that.includes('MAILCHIMP_API_KEY').and.not.includes('nowhere');
  });
});
