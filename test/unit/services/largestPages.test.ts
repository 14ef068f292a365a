import { expect } from 'chai';
import { parseGenerously } from '../../../src/pipeline/generousParse.ts';
import type { Operation } from '../../../src/contract/operation.ts';
import { boundedAnswer, contentOf, isShort } from '../../../src/pipeline/receivedAnswer.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';

const named = (name: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}_${String(index)}`, 'a value of some length']));
const rows = <Row>(count: number, row: (index: number) => Row): readonly Row[] => Array.from({ length: count }, (_, index) => row(index));
const link = {
  rel: 'self',
  href: 'https://us1.api.mailchimp.com/3.0/lists',
  method: 'GET',
  targetSchema: `https://${'x'.repeat(80)}`,
  schema: 'x',
};

/** Rows as full as an account's plan has them. */
const record = (index: number) => ({
  id: String(index),
  properties: named('property', 250),
  createdAt: 'x',
  updatedAt: 'x',
  archived: false,
  new: true,
});
const association = (index: number) => ({ toObjectId: String(index), associationTypes: [{ category: 'x', typeId: 1, label: 'x' }] });
const member = (index: number) => ({
  id: String(index),
  email_address: 'a@example.com',
  status: 'subscribed',
  ...named('field', 30),
  merge_fields: named('merge', 80),
  stats: named('stat', 5),
  location: named('place', 7),
  tags: rows(5, (id) => ({ id, name: 'a tag' })),
  _links: rows(8, () => link),
});
const subscriber = (id: number) => ({ id, email_address: 'a@example.com', ...named('field', 6), fields: named('custom', 140) });
const entity = (id: number) => ({ id, name: 'x', ...named('field', 8) });
const contact = (index: number) => ({
  id: String(index),
  email: 'a@example.com',
  ...named('field', 40),
  custom_fields: named('custom', 120),
  list_ids: ['x'],
});
const suppression = () => ({ email: 'a@example.com', created: 1, ...named('field', 4) });
const lemlist = (index: number) => ({ _id: String(index), name: 'x', ...named('field', 30), variables: named('variable', 100) });
const firmographics = (index: number) => ({ business_id: String(index), data: named('fact', 60), ...named('field', 20) });
const matched = () => ({ input: named('input', 6), business_id: 'x', prospect_id: 'x' });

const kitPage = (name: string, row: (index: number) => object) => ({
  [name]: rows(1_000, row),
  pagination: { has_previous_page: false, has_next_page: true },
});

type Pages = readonly (readonly [operations: RegExp, page: () => unknown])[];

/** The largest answers that each service documents (docs/services). */
const pages: Readonly<Record<string, Pages>> = {
  hubspot: [
    [/^search_/u, () => ({ total: 10_000, results: rows(200, record) })],
    [/^read_associations$/u, () => ({ results: rows(500, association) })],
    [/^batch_read_associations$/u, () => ({ results: rows(1_000, (id) => ({ from: { id }, to: rows(20, association) })) })],
    [/^(?:list|batch)_/u, () => ({ results: rows(100, record) })],
  ],
  mailchimp: [
    [/^list_members$/u, () => ({ members: rows(1_000, member), total_items: 100_000 })],
    [
      /^list_lists$/u,
      () => ({
        lists: rows(1_000, (id) => ({ ...entity(id), id: String(id), stats: named('stat', 20), _links: rows(20, () => link) })),
        total_items: 1_000,
      }),
    ],
    [/^upsert_members$/u, () => ({ new_members: rows(500, member), updated_members: [], errors: [] })],
  ],
  kit: [
    [/^bulk_/u, () => ({ subscribers: rows(100, subscriber), failures: [] })],
    [/subscribers$/u, () => kitPage('subscribers', subscriber)],
    [/tags$/u, () => kitPage('tags', entity)],
    [/forms$/u, () => kitPage('forms', entity)],
    [/sequences$/u, () => kitPage('sequences', entity)],
  ],
  sendgrid: [
    [
      /^find_contacts$/u,
      () => ({ result: Object.fromEntries(rows(100, (id) => [`${String(id)}@example.com`, { contact: contact(id) }])) }),
    ],
    [/^get_contacts$/u, () => ({ result: rows(100, contact) })],
    [/^list_lists$/u, () => ({ result: rows(1_000, (id) => ({ ...entity(id), id: String(id) })) })],
    [/^list_/u, () => rows(500, suppression)],
  ],
  lemlist: [
    [/^list_campaign_leads$/u, () => rows(500, lemlist)],
    [/^(?:list|get)_/u, () => rows(100, lemlist)],
  ],
  explorium: [
    // Single ones: those of one moment share a request of 50.
    [/^match_business$/u, () => ({ response_context: {}, matched_businesses: rows(1, matched) })],
    [/^match_businesses$/u, () => ({ response_context: {}, matched_businesses: rows(50, matched) })],
    [/^match_prospects$/u, () => ({ response_context: {}, matched_prospects: rows(1, matched) })],
    [/^search_/u, () => ({ response_context: {}, data: rows(100, firmographics) })],
    [/^enrich_firmographics$/u, () => ({ response_context: {}, data: firmographics(0).data })],
    [
      /^enrich_prospect_contacts$/u,
      () => ({
        response_context: {},
        data: rows(50, () => ({ prospect_id: 'x', data: { emails: rows(20, () => ({ address: 'x', type: 'x' })) } })),
      }),
    ],
    [/enrich/u, () => ({ response_context: {}, data: rows(50, firmographics) })],
  ],
};

const pageOf = (service: string, { name }: Operation<unknown>) => pages[service]?.find(([pattern]) => pattern.test(name))?.[1];

describe('the largest documented page', () => {
  for (const { name: service, operations } of Object.values(serviceRegistry)) {
    it(`is known of every operation of ${service} that may answer many records`, () => {
      const many = operations.filter(({ maxAnswerValues }) => maxAnswerValues !== undefined);

      const unknown = many.filter((operation) => pageOf(service, operation) === undefined);

      expect(many).not.to.have.length(0);
      expect(unknown.map(({ name }) => name)).to.deep.equal([]);
    });

    for (const operation of operations) {
      const page = operation.maxAnswerValues === undefined ? undefined : pageOf(service, operation);
      if (page === undefined) continue;

      it(`is read of ${service} ${operation.name}`, async () => {
        const body = Buffer.from(JSON.stringify(page()));

        const { answer, excess } = await boundedAnswer({ status: 200, headers: {}, body }, operation.maxAnswerValues);
        const { value, broken } = await parseGenerously(operation.answer, contentOf(answer), { isLong: !isShort(body) });

        expect(excess).to.equal(undefined);
        expect(broken).to.deep.equal([]);
        expect(value).not.to.equal(undefined);
        expect(body.length).to.be.at.most(operation.maxAnswerBytes ?? 0);
      });
    }
  }
});
