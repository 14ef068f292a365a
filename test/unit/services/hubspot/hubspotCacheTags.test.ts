import { expect } from 'chai';
import type { UpstreamPath } from '../../../../src/contract/operation.ts';
import { recordTags } from '../../../../src/services/hubspot/hubspotCacheTags.ts';
import { objectsPath } from '../../../../src/services/hubspot/hubspotPaths.ts';

const at = (path: UpstreamPath, body?: unknown) => ({ path, body });
const byId = at(objectsPath('contacts', '7'));
const byEmail = at(objectsPath('contacts', 'Ada@Example.org'));

describe('the cache tags of HubSpot', () => {
  const meets = (write: readonly string[], read: readonly string[]): boolean => read.some((tag) => write.includes(tag));

  it('name a record by its type and id', () => {
    expect(recordTags('contacts').read(byId)).to.deep.equal(['contacts:7']);
    expect(recordTags('deals').read(at(objectsPath('deals', '7')))).to.deep.equal(['deals:7']);
  });

  it('name a contact that was read by an email by that, and as read by one', () => {
    expect(recordTags('contacts').read(byEmail)).to.deep.equal(['contacts:ada@example.org', 'contacts:by_email']);
  });

  it('of a write by id meet every read of the contact, and no read of another by id', () => {
    const write = recordTags('contacts').write(byId, { id: '7' });

    expect(meets(write, recordTags('contacts').read(byId))).to.equal(true);
    expect(meets(write, recordTags('contacts').read(byEmail))).to.equal(true);
    expect(meets(write, recordTags('contacts').read(at(objectsPath('contacts', '8'))))).to.equal(false);
  });

  it('of a write by email meet the reads by the id that it was answered with', () => {
    const write = recordTags('contacts').write(byEmail, { id: '7', properties: {} });

    expect(meets(write, recordTags('contacts').read(byId))).to.equal(true);
    expect(meets(write, recordTags('contacts').read(byEmail))).to.equal(true);
  });

  it('of a write without an answer meet what the request names', () => {
    expect(recordTags('companies').write(at(objectsPath('companies', '9')))).to.deep.equal(['companies:9']);
  });

  it('of a batch meet all that it was given and all that it was answered with', () => {
    const request = at(objectsPath('contacts', 'batch', 'upsert'), {
      inputs: [{ id: 'ada@example.org', idProperty: 'email' }, { id: '8' }],
    });

    const write = recordTags('contacts').batchWrite(request, {
      results: [
        { id: '7', new: true },
        { id: '8', new: false },
      ],
    });

    expect(write).to.deep.equal(['contacts:ada@example.org', 'contacts:8', 'contacts:7', 'contacts:by_email']);
  });

  it('of a batch are there whatever it looks like', () => {
    for (const strange of [undefined, null, 'text', {}, { inputs: 'none' }, { inputs: [null, 7, { id: 7 }] }]) {
      expect(recordTags('deals').batchWrite(at(objectsPath('deals', 'batch', 'archive'), strange), strange)).to.deep.equal([]);
    }
  });
});
