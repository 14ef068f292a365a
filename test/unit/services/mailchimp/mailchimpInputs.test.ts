import { expect } from 'chai';
import type { ZodType } from 'zod';
import { InvalidRequestError } from '../../../../src/errors/requestErrors.ts';
import { checked, email } from '../../../../src/services/inputs.ts';
import { batchInput } from '../../../../src/services/mailchimp/mailchimpBatches.ts';
import {
  batchId,
  bulkMembers,
  listId,
  listQuery,
  memberChange,
  memberFlags,
  memberQuery,
  memberUpsert,
  newMember,
  tagChange,
} from '../../../../src/services/mailchimp/mailchimpInputs.ts';

const takes = (schema: ZodType, value: unknown): boolean => schema.safeParse(value).success;

const EMAIL = 'ada@example.com';
const LIST = '16ed227135';
const many = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => make(index));

describe('inputs of Mailchimp', () => {
  it('take list and batch ids as Mailchimp makes them, and nothing else', () => {
    expect(takes(listId, LIST)).to.equal(true);
    expect(takes(batchId, '8b2428d747')).to.equal(true);
    for (const id of ['', '..', '16ed22713', '16ed2271355', '16ED227135', '16ed22713/', '16ed227135\n', 7, null]) {
      expect(takes(listId, id), String(id)).to.equal(false);
    }
    for (const id of ['', '..', 'a/b', 'a'.repeat(65), 'a b']) expect(takes(batchId, id), id).to.equal(false);
  });

  it('take whatever looks like one address', () => {
    for (const address of [EMAIL, 'a+b@example.com', 'jürgen@exämple.test', "o'hara@x"])
      expect(takes(email, address), address).to.equal(true);
    for (const address of [
      '',
      'ada',
      '@example.com',
      'a@b@c',
      'a b@c',
      'a@b\n',
      'a\ud800@b',
      `${'a'.repeat(65)}@b`,
      `a@${'b'.repeat(254)}`,
    ]) {
      expect(takes(email, address), JSON.stringify(address.slice(0, 12))).to.equal(false);
    }
  });

  it('take a new member with its address, status, merge fields and tags', () => {
    const address = { addr1: '1 Main St', city: 'Oslo', state: '', zip: '0150' };
    const member = {
      email_address: EMAIL,
      status: 'pending',
      merge_fields: { FNAME: 'Ada', AGE: 36, ADDRESS: address },
      tags: ['Customer'],
    };

    expect(takes(newMember, member)).to.equal(true);
    expect(takes(newMember, { email_address: EMAIL })).to.equal(false);
    expect(takes(newMember, { ...member, status: 'archived' })).to.equal(false);
    expect(takes(newMember, { ...member, unknown: 1 })).to.equal(false);
    expect(takes(newMember, { ...member, merge_fields: { fname: 'Ada' } })).to.equal(false);
    expect(takes(newMember, { ...member, tags: [''] })).to.equal(false);
  });

  it('want a status of an upsert, and no tags in it', () => {
    expect(takes(memberUpsert, { status_if_new: 'subscribed' })).to.equal(true);
    expect(takes(memberUpsert, { status: 'subscribed' })).to.equal(true);
    expect(takes(memberUpsert, { merge_fields: { FNAME: 'Ada' } })).to.equal(false);
    expect(takes(memberUpsert, { status: 'subscribed', tags: ['Customer'] })).to.equal(false);
    expect(takes(memberUpsert, { status: 'subscribed', email_address: EMAIL })).to.equal(false);
  });

  it('want a change to change something', () => {
    expect(takes(memberChange, { vip: true, language: 'pt_PT' })).to.equal(true);
    expect(takes(memberChange, {})).to.equal(false);
    expect(takes(memberChange, { language: 'english' })).to.equal(false);
  });

  it('take tags as active or inactive', () => {
    expect(takes(tagChange, { tags: [{ name: 'A', status: 'active' }], is_syncing: true })).to.equal(true);
    for (const tags of [[], [{ name: 'A' }], [{ name: ' ', status: 'active' }], [{ name: 'A', status: 'on' }]]) {
      expect(takes(tagChange, { tags })).to.equal(false);
    }
  });

  it('take 1 to 500 members at once', () => {
    const members = (count: number) => ({
      members: many(count, (index) => ({ email_address: `p${String(index)}@example.com`, status: 'subscribed' })),
    });

    expect(takes(bulkMembers, members(500))).to.equal(true);
    expect(takes(bulkMembers, members(501))).to.equal(false);
    expect(takes(bulkMembers, members(0))).to.equal(false);
  });

  it('take 1 to 1,000 operations in a batch, each known and each with an id of its own', () => {
    const archive = { operation: 'archive_member', list_id: LIST, email_address: EMAIL };
    const operations = (count: number) => ({ operations: many(count, () => archive) });

    expect(takes(batchInput, operations(1_000))).to.equal(true);
    expect(takes(batchInput, operations(1_001))).to.equal(false);
    expect(takes(batchInput, operations(0))).to.equal(false);
    expect(takes(batchInput, { operations: [{ ...archive, operation: 'erase_member' }] })).to.equal(false);
    expect(takes(batchInput, { operations: [{ ...archive, path: '/lists' }] })).to.equal(false);
    expect(takes(batchInput, { operations: [archive, { ...archive, operation_id: '0' }] })).to.equal(false);
  });

  it('take pages, statuses, moments and flags from a query', () => {
    expect(listQuery.parse({ count: '1000', offset: '0' })).to.deep.equal({ count: 1_000, offset: 0 });
    expect(memberFlags.parse({ skip_merge_validation: 'true' })).to.deep.equal({ skip_merge_validation: true });
    expect(takes(memberQuery, { status: 'archived', since_last_changed: '2026-11-21T09:00:00+00:00' })).to.equal(true);
    expect(takes(memberQuery, { since_last_changed: 'yesterday' })).to.equal(false);
    for (const count of ['0', '1001', '1.5', 'ten']) expect(takes(listQuery, { count }), count).to.equal(false);
  });

  it('tell where a value is at fault, and never the value', () => {
    const check = () => checked(newMember, { email_address: 'secret', status: 'subscribed' }, 'member');

    expect(check)
      .to.throw(InvalidRequestError, 'member.email_address must be an email address')
      .that.satisfies((error: Error) => !error.message.includes('secret'));
  });
});
