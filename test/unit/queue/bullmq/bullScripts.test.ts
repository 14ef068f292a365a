import { expect } from 'chai';
import type { JobRecord, NewJob } from '../../../../src/queue/durableQueue.ts';
import { acceptedRecord, depthOf, isWanted, metaOf, recordOf } from '../../../../src/queue/bullmq/bullScripts.ts';

const job: NewJob = {
  id: 'job_1',
  version: 1,
  service: 'hubspot',
  operation: 'create_contact',
  entity: 'digest',
  owner: 'key_1',
  requestId: 'request-1',
  payload: 'v1.sealed',
  acceptedAt: 1000,
  expiresAt: 2000,
};

describe('the answers of the scripts of BullMQ', () => {
  it('tell the same of a job that was just accepted, from memory and from Redis', () => {
    const fromRedis = recordOf(job.id, 'queued', [metaOf(job), '1000', '1000', '2000', null, null, null]);

    expect(fromRedis).to.deep.equal(acceptedRecord(job));
    expect(metaOf(job)).not.to.contain('sealed');
  });

  it('leave out what a job does not have', () => {
    const { entity: _entity, requestId: _requestId, ...bare } = job;

    const record = recordOf(bare.id, 'queued', [metaOf(bare), '1000', '1000', '2000', null, null]);

    expect(record).not.to.have.any.keys('entity', 'requestId', 'reason', 'result');
  });

  it('pass by a filter only if they meet every part of it', () => {
    const record: JobRecord = { ...acceptedRecord(job), reason: 'expired' };

    expect(isWanted(record, { limit: 1 })).to.equal(true);
    expect(isWanted(record, { operation: 'create_contact', reason: 'expired', acceptedBefore: 1001, limit: 1 })).to.equal(true);
    for (const other of [{ operation: 'delete_contact' }, { reason: 'circuit_open' }, { acceptedBefore: 1000 }]) {
      expect(isWanted(record, { ...other, limit: 1 })).to.equal(false);
    }
  });

  it('count the cancelled apart from the succeeded, and the uncertain apart from the failed', () => {
    const depth = depthOf('hubspot', [5, 2, 7, 3, 9, 4, '1000']);

    expect(depth).to.deep.equal({
      service: 'hubspot',
      jobs: { queued: 3, running: 2, succeeded: 4, failed: 5, uncertain: 4, cancelled: 3 },
      oldestAcceptedAt: 1000,
    });
    expect(depthOf('hubspot', [0, 0, 0, 0, 0, 0, null])).not.to.have.property('oldestAcceptedAt');
  });
});
