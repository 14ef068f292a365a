import { expect } from 'chai';
import { createThing, fakeTime, httpHouse, json, rejectionOf, scriptedWire, type HttpHouse } from '../../../support/httpHouse.ts';
import { policyOf } from '../../../../src/services/serviceSettings.ts';
import { mailchimp } from '../../../../src/services/mailchimp/mailchimp.ts';
import type { HttpRequest, HttpResponse } from '../../../../src/wire/transport.ts';

const members = json(200, { members: [], total_items: 0 });
const LIST = '16ed227135';

describe('connections to Mailchimp', () => {
  let clock: ReturnType<typeof fakeTime>;
  let house: HttpHouse;
  let most: number;
  let open: number;

  /** Answers after 50 ms, and counts how many wait at once. */
  const slowWire =
    (answer: HttpResponse) =>
    (_request: HttpRequest): Promise<HttpResponse> => {
      open += 1;
      most = Math.max(most, open);
      return new Promise((resolve) => {
        setTimeout(() => {
          open -= 1;
          resolve(answer);
        }, 50);
      });
    };

  beforeEach(() => {
    clock = fakeTime();
    open = 0;
    most = 0;
  });

  afterEach(() => {
    house.close();
    clock.restore();
  });

  it('are never more than eight, however many calls come and however long it goes well', async function () {
    this.timeout(20_000);
    house = httpHouse(slowWire(members), { classify: mailchimp.classify, policy: policyOf(mailchimp) });
    const client = mailchimp.mount(house.http).client;
    const asked: Promise<unknown>[] = [];
    let refused = 0;
    const ask = (): void => {
      asked.push(client.listMembers(LIST).catch(() => (refused += 1)));
    };

    for (let turn = 0; turn < 800; turn += 1) {
      ask();
      ask();
      await clock.tickAsync(5);
    }
    await clock.tickAsync(60_000);
    await Promise.all(asked);

    expect(most).to.equal(8);
    expect(open).to.equal(0);
    expect(refused).to.be.above(0);
  });

  it('wait at least a second after a 429, which has no Retry-After', async () => {
    const wire = scriptedWire({ status: 429, headers: {}, body: '' }, json(200, { health_status: 'Chimpy' }));
    house = httpHouse(wire.transport, { classify: mailchimp.classify, policy: policyOf(mailchimp) });
    const ping = mailchimp.mount(house.http).client.ping();

    await clock.tickAsync(999);
    const before = wire.sent.length;
    await clock.tickAsync(200);

    expect([before, wire.sent.length]).to.deep.equal([1, 2]);
    expect(await ping).to.include({ health_status: 'Chimpy' });
  });

  it('repeat even what must not be repeated after a 429: it was refused', async () => {
    const wire = scriptedWire(json(429, { title: 'Too Many Requests', status: 429 }), json(200, { id: '7' }));
    house = httpHouse(wire.transport, { classify: mailchimp.classify, policy: policyOf(mailchimp) });
    const created = house.http.send(createThing, { path: mailchimp.health.request.path, body: {} });

    await clock.tickAsync(2_000);

    expect(await created).to.deep.equal({ id: '7' });
    expect(wire.sent).to.have.length(2);
  });

  it('end a read that nothing answers in an error within the deadline', async () => {
    house = httpHouse(scriptedWire('hang').transport, { classify: mailchimp.classify, policy: policyOf(mailchimp) });
    const failure = rejectionOf(mailchimp.mount(house.http).client.ping());

    await clock.tickAsync(policyOf(mailchimp).deadlineMs);

    expect(await failure)
      .to.have.property('code')
      .that.is.oneOf(['deadline_exceeded', 'upstream_timeout', 'circuit_open']);
  });
});
