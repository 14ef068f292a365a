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

  it('forgets the oldest beyond its capacity, and says how many', () => {
    const log = new RequestLog(2);
    for (const path of ['/a', '/b', '/c']) log.add('toy', 'GET', path, 0);

    const { requests, forgotten } = log.list();

    expect(requests.map(({ path }) => path)).to.deep.equal(['/b', '/c']);
    expect(forgotten).to.equal(1);
  });
});
