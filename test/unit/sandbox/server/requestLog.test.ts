import { expect } from 'chai';
import { maskedPath, RequestLog } from '../../../../sandbox/server/requestLog.ts';

describe('sandbox request log', () => {
  it('keeps ids and hides segments that may be about a person', () => {
    expect(maskedPath('/crm/objects/2026-03/contacts/734931097788')).to.equal('/crm/objects/2026-03/contacts/734931097788');
    expect(maskedPath('/leads/jane.doe%40example.com/pause')).to.equal('/leads/*/pause');
    expect(maskedPath('/leads/jane.doe@example.com')).to.equal('/leads/*');
    expect(maskedPath('/lists/16ed227135/members/852AAA9532CB36ADFB5E9FEF7A4206A9')).to.equal('/lists/16ed227135/members/*');
    expect(maskedPath('/v2/unsubscribes/variables/%2B1234567890')).to.equal('/v2/unsubscribes/variables/*');
    expect(maskedPath('/v2/unsubscribes/variables/https%3A%2F%2Flinkedin.com%2Fin%2Fjane')).to.equal('/v2/unsubscribes/variables/*');
  });

  it('cuts paths of any length to one that can be kept', () => {
    expect(maskedPath(`/${'a'.repeat(10_000)}`)).to.have.length(200);
  });

  it('lists arrivals in order, unanswered until completed in place', () => {
    const log = new RequestLog();
    const first = log.add('toy', 'GET', '/a', 0);
    log.add('toy', 'POST', '/b', 1000);

    first.status = 200;

    expect(log.list('toy').requests).to.deep.equal([
      { service: 'toy', method: 'GET', path: '/a', time: '1970-01-01T00:00:00.000Z', fault: 'ok', status: 200 },
      { service: 'toy', method: 'POST', path: '/b', time: '1970-01-01T00:00:01.000Z', fault: 'ok', status: null },
    ]);
  });

  it('lists one service or all', () => {
    const log = new RequestLog();
    log.add('toy', 'GET', '/a', 0);
    log.add('other', 'GET', '/b', 0);

    expect(log.list('other').requests.map(({ path }) => path)).to.deep.equal(['/b']);
    expect(log.list().requests).to.have.length(2);
  });

  it('forgets the oldest beyond its capacity, and says how many', () => {
    const log = new RequestLog(2);
    for (const path of ['/a', '/b', '/c']) log.add('toy', 'GET', path, 0);

    const { requests, forgotten } = log.list();

    expect(requests.map(({ path }) => path)).to.deep.equal(['/b', '/c']);
    expect(forgotten).to.equal(1);
  });

  it('starts over when cleared', () => {
    const log = new RequestLog(1);
    for (const path of ['/a', '/b']) log.add('toy', 'GET', path, 0);

    log.clear();

    expect(log.list()).to.deep.equal({ requests: [], forgotten: 0 });
  });
});
