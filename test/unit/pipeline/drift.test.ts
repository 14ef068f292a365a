/**
 * What is told of a service that changes: through the whole way out, so that nothing on it keeps it back.
 */
import { expect } from 'chai';
import { z } from 'zod';
import type { HttpResponse } from '../../../src/wire/transport.ts';
import { TransportFailure } from '../../../src/wire/transport.ts';
import type { Operation } from '../../../src/contract/operation.ts';
import type { ContractBroken, DeprecationSeen } from '../../../src/contract/events.ts';
import { httpHouse, json, rejectionOf, scriptedWire, type HttpHouse, type Reply } from '../../support/httpHouse.ts';
import { thingRequest } from '../../support/httpRig.ts';

const page = z.looseObject({ results: z.array(z.looseObject({ id: z.string(), email: z.string() })) });
const listThings: Operation<z.infer<typeof page>> = { name: 'list_things', method: 'GET', idempotency: 'safe', answer: page };
const site = { service: 'acme', operation: 'list_things' };
const good = { results: [{ id: '1', email: 'a@b.test' }] };

describe('Drift of a service', () => {
  let house: HttpHouse;
  let broken: ContractBroken[];
  let deprecated: DeprecationSeen[];

  const begin = (reply: Reply): void => {
    broken = [];
    deprecated = [];
    const listener = {
      contractBroken: (event: ContractBroken) => void broken.push(event),
      deprecationSeen: (event: DeprecationSeen) => void deprecated.push(event),
    };
    house = httpHouse(scriptedWire(reply).transport, { listeners: [listener], policy: { retry: { maxAttempts: 1 } } });
  };

  afterEach(() => {
    house.close();
  });

  it('is none where a field is new', async () => {
    begin(json(200, { ...good, added: 1, results: [{ id: '1', email: 'a@b.test', plan: {} }] }));

    const answer = await house.http.send(listThings, thingRequest);

    expect(answer).to.have.property('added', 1);
    expect(broken).to.deep.equal([]);
  });

  it('is told once for each field of the schema, however many rows break it', async () => {
    begin(json(200, { results: [{ id: 1, email: 'a' }, { id: 2 }, { id: 3, email: null }] }));

    const error = await rejectionOf(house.http.send(listThings, thingRequest));

    expect(error).to.have.property('code', 'upstream_contract_broken');
    expect(broken).to.deep.equal([{ ...site, fields: ['results.*.id', 'results.*.email'] }]);
  });

  for (const [what, reply] of [
    ['a page of HTML', { status: 200, headers: {}, body: '<html>' }],
    ['a redirect', { status: 302, headers: { location: 'https://elsewhere.test' }, body: '' }],
    ['what is no HTTP', new TransportFailure('malformed')],
    ['an answer without an end', new TransportFailure('too_large')],
  ] as const) {
    it(`is told of the whole answer, for ${what}`, async () => {
      begin(reply);

      const error = await rejectionOf(house.http.send(listThings, thingRequest));

      expect(error).to.have.property('code', 'upstream_contract_broken');
      expect(broken).to.deep.equal([{ ...site, fields: ['(the whole answer)'] }]);
    });
  }

  it('is none where the service is down', async () => {
    begin(new TransportFailure('connect'));

    await rejectionOf(house.http.send(listThings, thingRequest));

    expect(broken).to.deep.equal([]);
  });

  const announced = (status: number, body: unknown): HttpResponse =>
    json(status, body, { deprecation: '@1798761599', sunset: 'Fri, 01 Jan 2027 00:00:00 GMT', warning: '299 - "ends soon"' });
  const notices = [{ header: 'deprecation', at: 1_798_761_599_000 }, { header: 'sunset', at: Date.UTC(2027, 0, 1) }, { header: 'warning' }];

  it('is announced by headers, and the answer stands', async () => {
    begin(announced(200, good));

    const answer = await house.http.send(listThings, thingRequest);

    expect(answer).to.deep.include(good);
    expect(deprecated).to.deep.equal([{ ...site, notices }]);
  });

  it('is announced by the headers of a refusal as well', async () => {
    begin(announced(404, {}));

    await rejectionOf(house.http.send(listThings, thingRequest));

    expect(deprecated).to.deep.equal([{ ...site, notices }]);
  });
});
