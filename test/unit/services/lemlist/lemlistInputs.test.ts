import { expect } from 'chai';
import type { ZodType } from 'zod';
import {
  activityQuery,
  addLeadFlags,
  campaignId,
  campaignInput,
  campaignQuery,
  leadChanges,
  newLead,
  contactName,
  unsubscribeValue,
  unsubscribeValues,
} from '../../../../src/services/lemlist/lemlistInputs.ts';

const takes = (schema: ZodType, value: unknown): boolean => schema.safeParse(value).success;

describe('inputs of Lemlist', () => {
  for (const value of ['ada@example.com', '@example.org', '+33 6 12 34 56 78', 'https://www.linkedin.com/in/ada']) {
    it(`take ${value} as a value to unsubscribe`, () => {
      expect(takes(unsubscribeValue, value)).to.equal(true);
    });
  }

  for (const value of ['', 'ada', 'ada@', '@', '..', 'ada @example.com', 'javascript:alert(1)', `${'a'.repeat(600)}@example.com`]) {
    it(`refuse ${JSON.stringify(value.slice(0, 20))} as a value to unsubscribe`, () => {
      expect(takes(unsubscribeValue, value)).to.equal(false);
    });
  }

  it('take 10,000 values to unsubscribe and not one more', () => {
    const values = Array.from({ length: 10_000 }, (_, index) => `lead${String(index)}@example.com`);

    expect(takes(unsubscribeValues, values)).to.equal(true);
    expect(takes(unsubscribeValues, [...values, 'one@example.com'])).to.equal(false);
  });

  it('take one contact by its id or address, and not two by a comma', () => {
    expect(['ctc_A1b2', 'ada@example.com'].every((name) => takes(contactName, name))).to.equal(true);
    expect(['ctc_1,ctc_2', 'ada@example.com,bob@example.com', 'lea_1', ''].some((name) => takes(contactName, name))).to.equal(false);
  });

  it('take custom variables of a lead, and refuse what Lemlist could not merge into a text', () => {
    expect(takes(newLead, { email: 'ada@example.com', 'Favourite tea': 'green', score: 7, vip: true, note: null })).to.equal(true);
    expect(takes(newLead, { email: 'ada@example.com', nested: { a: 1 } })).to.equal(false);
  });

  it('refuse a lead that nobody could reach, one with a bad email, and one with too many fields', () => {
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`field${String(index)}`, 'x']));

    expect(takes(newLead, { firstName: 'Ada' })).to.equal(false);
    expect(takes(newLead, { email: 'ada' })).to.equal(false);
    expect(takes(newLead, { email: 'ada@example.com', ...many })).to.equal(false);
  });

  it('refuse an update that changes nothing', () => {
    expect(takes(leadChanges, {})).to.equal(false);
    expect(takes(leadChanges, { preferredContactMethod: 'email' })).to.equal(true);
  });

  it('read flags and numbers of a query from their texts', () => {
    expect(addLeadFlags.parse({ deduplicate: 'true', findEmail: 'false' })).to.deep.equal({ deduplicate: true, findEmail: false });
    expect(campaignQuery.parse({ limit: '100', offset: '0' })).to.deep.equal({ limit: 100, offset: 0 });
    expect(activityQuery.parse({ isFirst: 'true' })).to.deep.equal({ isFirst: true });
  });

  it('refuse flags, limits and keys that mean nothing to Lemlist', () => {
    expect(takes(addLeadFlags, { deduplicate: 'yes' })).to.equal(false);
    expect(takes(campaignQuery, { limit: '101' })).to.equal(false);
    expect(takes(campaignQuery, { colour: 'red' })).to.equal(false);
    expect(takes(campaignInput, { name: '' })).to.equal(false);
    expect(takes(campaignInput, { name: 'Spring', colour: 'red' })).to.equal(false);
  });

  it('know a campaign id by its prefix', () => {
    expect(takes(campaignId, 'cam_unknown')).to.equal(true);
    expect(takes(campaignId, 'lea_unknown')).to.equal(false);
    expect(takes(campaignId, 'cam_a/b')).to.equal(false);
  });
});
