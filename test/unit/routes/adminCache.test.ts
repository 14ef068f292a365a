import { expect } from 'chai';
import { z } from 'zod';
import { labelsOf } from '../../../src/cache/labels.ts';
import { MemoryCache } from '../../../src/cache/memoryCache.ts';
import type { Operation } from '../../../src/contract/operation.ts';
import { adminCacheRoutes } from '../../../src/routes/adminCache.ts';
import { CacheDesk } from '../../../src/routes/cacheDesk.ts';
import { systemClock } from '../../../src/time/clock.ts';
import { plainHttp } from '../../support/plainHttp.ts';
import { recordingLogger, startWebGateway, type LogLine, type WebGateway } from '../web/webGateway.ts';

const read: Operation<unknown> = { name: 'get_thing', method: 'GET', idempotency: 'safe', answer: z.unknown() };
const services = [
  {
    name: 'acme',
    operations: [
      { ...read, cacheForMs: 30_000, staleForMs: 600_000, cacheTags: () => [] },
      { ...read, name: 'list_things', cacheForMs: 3_600_000 },
      { ...read, name: 'search_things' },
    ],
  },
  { name: 'other', operations: [{ ...read, cacheForMs: 10_000, cacheTags: () => [] }] },
];

describe('cache administration', () => {
  let gateway: WebGateway;
  let cache: MemoryCache;
  let lines: LogLine[];
  /** What the fleet was told; and whether it can be. */
  let purges: (readonly [service: string, labels: readonly string[]])[];
  let isFleetUp: boolean;
  let desk: CacheDesk;

  before(async () => {
    const late = new CacheDesk({ cache: new MemoryCache(systemClock), services, logger: recordingLogger([]) });
    late.purge = (wish, author) => desk.purge(wish, author);
    const group = { name: 'cache', title: 'Cache', prefix: '/cache-admin', routes: adminCacheRoutes(late) };
    gateway = await startWebGateway({ groups: [group] });
  });

  beforeEach(() => {
    cache = new MemoryCache(systemClock);
    lines = [];
    purges = [];
    isFleetUp = true;
    const sharedCache = {
      purge: async (service: string, labels: readonly string[]): Promise<boolean> => {
        purges.push([service, labels]);
        return Promise.resolve(isFleetUp);
      },
    };
    desk = new CacheDesk({ cache, sharedCache, services, logger: recordingLogger(lines) });
    keep('acme', 'get_thing', 'things:7');
    keep('acme', 'get_thing', 'things:8');
    keep('acme', 'list_things');
    keep('other', 'get_thing', 'things:7');
  });

  afterEach(() => {
    cache.close();
  });

  after(() => gateway.stop());

  const keep = (service: string, operation: string, ...tags: readonly string[]): void => {
    const storedAt = systemClock.now();
    const answer = { value: 'kept', storedAt, freshUntil: storedAt + 10_000, staleUntil: storedAt + 20_000 };
    cache.set([service, operation, ...tags].join(), answer, labelsOf({ service, operation }, tags));
  };

  const purge = async (wish: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify(wish) };
    const { status, text } = await plainHttp(`${gateway.url}/cache-admin/cache/purge`, request);
    return { status, body: JSON.parse(text) as Record<string, unknown> };
  };

  const reason = 'wrong data at the provider';
  const scopes = [
    ['a service', { service: 'acme' }, 3, [['acme', ['acme']]], 3600],
    ['an operation', { service: 'acme', operation: 'get_thing' }, 2, [['acme', ['acme get_thing']]], 630],
    ['a record of a service', { service: 'acme', tag: 'things:7' }, 1, [['acme', ['acme #things:7']]], 630],
    [
      'a record of every service',
      { tag: 'things:7' },
      2,
      [
        ['acme', ['acme #things:7']],
        ['other', ['other #things:7']],
      ],
      630,
    ],
  ] as const;

  for (const [what, wish, entries, told, seconds] of scopes) {
    it(`forgets ${what} here and in the fleet`, async () => {
      const { status, body } = await purge({ ...wish, reason });

      expect(status).to.equal(200);
      expect(body).to.deep.equal({ entries, fleet: 'told' });
      expect(purges).to.deep.equal(told);
      expect(cache.size).to.equal(4 - entries);
    });

    it(`says for how long others may answer with ${what} when the fleet cannot be told`, async () => {
      isFleetUp = false;

      expect((await purge({ ...wish, reason })).body).to.deep.equal({ entries, fleet: 'untold', othersMayServeForSeconds: seconds });
    });
  }

  it('says that it is alone where there is no fleet', async () => {
    desk = new CacheDesk({ cache, services, logger: recordingLogger(lines) });

    expect((await purge({ service: 'other', reason })).body).to.deep.equal({ entries: 1, fleet: 'alone', othersMayServeForSeconds: 10 });
  });

  it('leaves a line in the log: who purged what, and why', async () => {
    await purge({ service: 'acme', tag: 'things:7', reason });

    expect(lines).to.have.length(1);
    expect(lines[0]).to.include({ level: 'warn', audit: true, action: 'purge', reason });
    expect(lines[0]).to.include({ service: 'acme', tag: 'things:7', entries: 1, fleet: 'told' });
    expect(lines[0]).to.have.property('by');
  });

  for (const [what, wish, at] of [
    ['nothing named', {}, 'body'],
    ['an unknown service', { service: 'unknown' }, 'body.service'],
    ['an operation without its service', { operation: 'get_thing' }, 'body.operation'],
    ['an unknown operation', { service: 'acme', operation: 'unknown' }, 'body.operation'],
    ['an operation that is not cached', { service: 'acme', operation: 'search_things' }, 'body.operation'],
    ['an operation and a tag', { service: 'acme', operation: 'get_thing', tag: 'things:7' }, 'body.tag'],
    ['no reason', { service: 'acme', reason: ' ' }, 'body.reason'],
    ['a member that is none', { service: 'acme', all: true }, 'body'],
  ] as const) {
    it(`refuses ${what}, and purges nothing`, async () => {
      const { status, body } = await purge({ reason, ...wish });

      expect(status).to.equal(400);
      expect(JSON.stringify(body)).to.include(`"${at}`);
      expect([cache.size, purges.length, lines.length]).to.deep.equal([4, 0, 0]);
    });
  }
});
