import { expect } from 'chai';
import { UpstreamRejectedError } from '../../../../src/errors/upstreamErrors.ts';
import type { OperationRequest } from '../../../../src/contract/operation.ts';
import { upstreamPath } from '../../../../src/pipeline/upstreamPath.ts';
import { mailchimp } from '../../../../src/services/mailchimp/mailchimp.ts';
import {
  createMember,
  memberPath,
  memberTagsPath,
  subscriberHash,
  writtenMember,
} from '../../../../src/services/mailchimp/mailchimpEndpoints.ts';

const LIST = '16ed227135';
const EMAIL = 'Ada@example.com';
const site = { service: 'mailchimp', operation: 'create_member' };

describe('operations of Mailchimp', () => {
  it('have names of their own', () => {
    const names = mailchimp.operations.map(({ name }) => name);

    expect(new Set(names).size).to.equal(names.length);
    expect(mailchimp.operations).to.include(mailchimp.health.operation);
  });

  it('may wait in the queue where they write a single member, and only there', () => {
    const queueable = mailchimp.operations.filter(({ queue }) => queue !== undefined).map(({ name }) => name);

    expect(queueable).to.have.members(['create_member', 'upsert_member', 'update_member', 'archive_member', 'tag_member']);
  });

  it('keep to one order for one member, however a write names it', () => {
    const requests: readonly OperationRequest[] = [
      { path: memberPath(LIST, EMAIL) },
      { path: memberTagsPath(LIST, EMAIL.toLowerCase()), body: { tags: [] } },
      { path: upstreamPath`/lists/${LIST}/members`, body: { email_address: EMAIL, status: 'pending' } },
    ];

    const entity = `${LIST}/${subscriberHash('ada@example.com')}`;
    expect(requests.map(writtenMember)).to.deep.equal([entity, entity, entity]);
    expect(writtenMember({ path: memberPath('a1b2c3d4e5', EMAIL) })).to.not.equal(entity);
  });

  it('name no member where a request has none', () => {
    for (const request of [
      { path: upstreamPath`/batches`, body: { email_address: EMAIL } },
      { path: upstreamPath`/lists/${LIST}/members` },
      { path: upstreamPath`/lists/${LIST}/members`, body: [] },
    ]) {
      expect(writtenMember(request)).to.equal(undefined);
    }
  });

  it('take the refusal of a double for the success of an earlier attempt, and no other refusal', () => {
    const isDone = createMember.operation.queue?.alreadyDone;

    expect(isDone?.(new UpstreamRejectedError(site, 409, 'member_exists'))).to.equal(true);
    expect(isDone?.(new UpstreamRejectedError(site, 400, 'invalid_resource'))).to.equal(false);
  });

  it('repeat what ends in the same state, and neither a create nor a batch', () => {
    const never = mailchimp.operations.filter(({ idempotency }) => idempotency === 'never').map(({ name }) => name);

    expect(never).to.deep.equal(['create_member', 'start_batch']);
  });
});
