import { expect } from 'chai';
import { z } from 'zod';
import type { Operation } from '../../../../src/contract/operation.ts';
import { upstreamPath } from '../../../../src/pipeline/upstreamPath.ts';
import { serviceRegistry } from '../../../../src/services/registry.ts';
import type { Service } from '../../../../src/services/provider.ts';
import { enrichFirmographics, enrichProspectContacts } from '../../../../src/services/explorium/exploriumOperations.ts';
import { errorOf } from '../../../support/errorOf.ts';
import { cachedThing, getThing, json, type Thing } from '../../../support/httpHouse.ts';
import { httpRig, thingRequest } from '../../../support/httpRig.ts';

const JANE = 'jane@example.com';
const nameIn = (path: string): string => decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
const tagsOf: NonNullable<Operation<Thing>['cacheTags']> = ({ path }, answer) => {
  const { id, email } = (answer ?? {}) as { readonly id?: string; readonly email?: string };
  return [...new Set([nameIn(path), id, email])].filter((name) => name !== undefined);
};
const byId: Operation<Thing> = { ...cachedThing, cacheTags: tagsOf };
const byEmail: Operation<Thing> = { ...byId, name: 'get_thing_by_email' };
const briefly: Operation<Thing> = { ...byId, name: 'get_thing_briefly' };
const update: Operation<Thing> = { ...getThing, name: 'update_thing', method: 'PATCH', idempotency: 'natural', cacheTags: tagsOf };
const readMany: Operation<unknown> = {
  ...getThing,
  name: 'read_things',
  method: 'POST',
  answer: z.unknown(),
  goneTags: (_request, answer) => (answer as { readonly missing?: readonly string[] } | undefined)?.missing ?? [],
};
const emailRequest = { path: upstreamPath`/things/${JANE}` };
const thing = json(200, { id: '7', email: JANE });

describe('a client whose service says that a record is gone', () => {
  const rig = httpRig();

  const ways: readonly (readonly [string, number, () => Promise<unknown>])[] = [
    ['a read by its id', 404, () => rig.house.http.send(byId, thingRequest, { refresh: true })],
    ['a read by its id, for ever', 410, () => rig.house.http.send(byId, thingRequest, { refresh: true })],
    ['a read by its other name', 404, () => rig.house.http.send(byEmail, emailRequest, { refresh: true })],
    ['a write', 404, () => rig.house.http.send(update, { ...thingRequest, body: {} })],
    ['a write, for ever', 410, () => rig.house.http.write(update, { ...thingRequest, body: {} })],
  ];

  /** Reads the record under each of its names, and answers what is kept under them, stale or fresh, while the service is down. */
  const readAll = async (): Promise<readonly unknown[]> => {
    const reads = [
      () => rig.house.http.send(byId, thingRequest),
      () => rig.house.http.send(byEmail, emailRequest),
      () => rig.house.http.send(briefly, thingRequest),
    ];
    const seen: unknown[] = [];
    for (const read of reads) seen.push(await read().catch((error: unknown) => (error as { readonly code: string }).code));
    return seen;
  };

  for (const [what, status, ask] of ways) {
    it(`by ${what} with ${String(status)}, answers with no copy of it under any name, not even in place of an error`, async () => {
      rig.open(
        { policy: { retry: { maxAttempts: 1 } } },
        thing,
        thing,
        json(200, { id: '7' }),
        json(status, {}),
        json(500, {}),
        json(500, {}),
        json(500, {}),
      );
      await readAll();

      await errorOf(ask(), Error);

      expect(await readAll()).to.deep.equal(['upstream_unavailable', 'upstream_unavailable', 'upstream_unavailable']);
    });
  }

  it('by a missing row of a batch, answers with no copy of it under any name', async () => {
    const missing = json(200, { missing: ['7'] });
    rig.open(
      { policy: { retry: { maxAttempts: 1 } } },
      thing,
      thing,
      json(200, { id: '7' }),
      missing,
      json(500, {}),
      json(500, {}),
      json(500, {}),
    );
    await readAll();

    await rig.house.http.send(readMany, { path: upstreamPath`/things/read`, body: {} });

    expect(await readAll()).to.deep.equal(['upstream_unavailable', 'upstream_unavailable', 'upstream_unavailable']);
  });

  it('keeps nothing of a read that was under way before, by whatever name', async () => {
    rig.open({ policy: { retry: { maxAttempts: 1 } } }, { ...thing, afterMs: 200 }, json(404, {}), json(500, {}));
    const before = rig.house.http.send(byEmail, emailRequest);
    await rig.clock.tickAsync(100);
    await errorOf(rig.house.http.send(byId, thingRequest), Error);
    await rig.clock.tickAsync(200);
    await before;

    expect(await errorOf(rig.house.http.send(byEmail, emailRequest), Error)).to.include({ code: 'upstream_unavailable' });
  });

  it('tells the fleet before its caller hears of it, once for all who share the read', async () => {
    const purged: (readonly string[])[] = [];
    const sharedCache = {
      isUp: false,
      find: () => Promise.resolve({}),
      errand: () => Promise.resolve(undefined),
      purge: (_service: string, labels: readonly string[]) => {
        purged.push(labels);
        return Promise.resolve(true);
      },
    };
    rig.open({ sharedCache }, json(404, {}));
    const reads = [1, 2, 3].map(() => errorOf(rig.house.http.send(byId, thingRequest), Error));
    await Promise.all(reads);

    expect(purged).to.deep.equal([['acme #7']]);
  });

  it('ends what is remembered under the names that it was asked for and those known beside them, whatever the operation', async () => {
    const ended: (readonly string[])[] = [];
    const remembered = {
      end: (_service: string, names: readonly string[]) => {
        ended.push(names);
        return Promise.resolve();
      },
    };
    rig.open({ remembered }, json(404, {}), json(410, {}), json(200, { missing: ['things:9', 'things'] }), json(200, { id: '7' }));
    await errorOf(rig.house.http.send(getThing, { ...thingRequest, query: { email: JANE, sort: 'created_at' } }), Error);
    await errorOf(rig.house.http.write(update, { ...thingRequest, body: {} }), Error);
    await rig.house.http.send(readMany, { path: upstreamPath`/things/read`, body: {} });
    await rig.house.http.send(getThing, thingRequest);

    expect(ended).to.deep.equal([['7', JANE], ['7'], ['9']]);
  });

  it('does not take a page for that, and goes on with what it keeps', async () => {
    const page = { status: 404, headers: { 'content-type': 'text/html' }, body: '<html>not found</html>' };
    rig.open({ policy: { retry: { maxAttempts: 1 } } }, thing, page);
    await rig.house.http.send(byId, thingRequest);
    await rig.clock.tickAsync(cachedThing.cacheForMs ?? 0);

    expect(await rig.house.http.send(byId, thingRequest)).to.include({ id: '7', _fallback: true });
  });

  it('goes on answering about other records', async () => {
    rig.open({}, json(200, { id: '8' }), json(404, {}));
    const other = { path: upstreamPath`/things/${'8'}` };
    await rig.house.http.send(byId, other);
    await errorOf(rig.house.http.send(byId, thingRequest), Error);

    expect(await rig.house.http.send(byId, other)).to.deep.equal({ id: '8', _cached: true });
  });
});

describe('what ends with a record that is gone', () => {
  const services: readonly Service[] = Object.values(serviceRegistry);

  for (const { name, operations } of services) {
    it(`is named by each cached operation of ${name} that is about records, and hit by those that may find one gone`, () => {
      const keeps = new Set(
        operations.flatMap(({ cacheForMs, cacheTags }) => (cacheForMs === undefined ? [] : (cacheTags?.(thingRequest, {}) ?? []))),
      );
      const untagged = operations.filter(({ cacheForMs, cacheTags }) => cacheForMs !== undefined && cacheTags === undefined);
      const ended = operations.flatMap(({ goneTags, cacheTags }) => (goneTags ?? cacheTags)?.(thingRequest) ?? []);

      // An account has no record in it, and a search that is refused ends by the name of its operation.
      expect(untagged.map((operation) => operation.name).filter((each) => !/account|team|credits|search/u.test(each))).to.deep.equal([]);
      for (const tag of keeps) expect(ended).to.include(tag);
    });
  }

  const operationOf = (name: string): Operation<unknown> =>
    serviceRegistry.hubspot.operations.find((operation) => operation.name === name)!;
  const path = upstreamPath`/crm/objects/v/contacts/${'7'}/associations/companies/${'8'}`;

  for (const [what, tags, expected] of [
    [
      'a contact, by its id',
      operationOf('get_contact').goneTags?.({ path: upstreamPath`/contacts/${'7'}` }),
      ['contacts:7', 'contacts:by_email'],
    ],
    [
      'a contact, by an email',
      operationOf('get_contact_by_email').goneTags?.({ path: upstreamPath`/contacts/${'Jane@Example.com'}` }),
      [`contacts:${JANE}`],
    ],
    [
      'one of two that are tied together',
      operationOf('associate').goneTags?.({ path }),
      ['contacts:7', 'contacts:by_email', 'companies:8'],
    ],
    [
      'a row of a batch',
      operationOf('batch_read_contacts').goneTags?.({ path, body: { inputs: [{ id: '7' }, { id: '8' }] } }, { results: [{ id: '8' }] }),
      ['contacts:7', 'contacts:by_email'],
    ],
    [
      'a row that a batch update finds gone',
      operationOf('batch_update_contacts').goneTags?.(
        { path, body: { inputs: [{ id: '7' }, { id: '8' }, { id: '9' }] } },
        {
          results: [{ id: '9' }],
          errors: [
            { category: 'OBJECT_NOT_FOUND', context: { ids: ['7'] } },
            { category: 'VALIDATION_ERROR', context: { ids: ['8'] } },
          ],
        },
      ),
      ['contacts:7', 'contacts:by_email'],
    ],
    [
      'a row whose ties are asked for',
      operationOf('batch_read_associations').goneTags?.(
        {
          path: upstreamPath`/crm/associations/v/${'companies'}/${'deals'}/batch/read`,
          body: { inputs: [{ id: '7' }, { id: '8' }, { id: '9' }] },
        },
        {
          results: [{ from: { id: '9' }, to: [] }],
          errors: [
            { category: 'OBJECT_NOT_FOUND', subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND', context: { fromObjectId: [8] } },
            { category: 'OBJECT_NOT_FOUND', context: { fromObjectId: ['7'] } },
          ],
        },
      ),
      ['companies:7'],
    ],
    [
      'a person',
      enrichProspectContacts.goneTags({ path, body: { prospect_ids: ['p'] } }, { data: [] }),
      ['prospects:p', 'prospects:matched'],
    ],
    [
      'a person, found',
      enrichProspectContacts.goneTags({ path, body: { prospect_ids: ['p'] } }, { data: [{ prospect_id: 'p', data: {} }] }),
      [],
    ],
    ['a business', enrichFirmographics.goneTags({ path, body: { business_id: 'b' } }), ['businesses:b']],
  ] as const) {
    it(`is, for ${what}, what bears its tags`, () => {
      expect(tags).to.deep.equal(expected);
    });
  }
});
