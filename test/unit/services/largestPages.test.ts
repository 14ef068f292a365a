import { expect } from 'chai';
import { boundedAnswer } from '../../../src/pipeline/receivedAnswer.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';

const named = (name: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}_${String(index)}`, 'value']));
const links = Array.from({ length: 8 }, () => ({ rel: 'self', href: 'x', method: 'GET', targetSchema: 'x', schema: 'x' }));

const hubspot = { id: '1', properties: named('property', 250), createdAt: 'x', updatedAt: 'x', archived: false };
const member = {
  ...named('field', 30),
  merge_fields: named('merge', 80),
  stats: named('stat', 5),
  location: named('place', 7),
  tags: [],
  _links: links,
};
const subscriber = { ...named('field', 6), fields: named('custom', 140) };
const contact = { ...named('field', 40), custom_fields: named('custom', 120), list_ids: [] };

/** The largest page that each service documents, of rows as full as an account's plan has them. */
const pages: Readonly<Record<string, readonly (readonly [pattern: RegExp, rows: number, row: object])[]>> = {
  hubspot: [
    [/^search_/u, 200, hubspot],
    [/^list_/u, 100, hubspot],
    [/batch|together|many|_all/u, 100, hubspot],
  ],
  mailchimp: [[/^list_members$/u, 1_000, member]],
  kit: [
    [/^list_subscribers$/u, 1_000, subscriber],
    [/^list_(?:tags|forms|sequences)$/u, 1_000, named('field', 8)],
  ],
  sendgrid: [[/^(?:find|get)_contacts$/u, 100, contact]],
  explorium: [[/bulk|match|contacts|search/u, 50, named('field', 80)]],
  lemlist: [[/^list_|^get_contacts$/u, 100, { ...named('field', 20), variables: named('variable', 60) }]],
};

describe('the largest documented page', () => {
  for (const { name: service, operations } of Object.values(serviceRegistry)) {
    const cases = operations.flatMap((operation) =>
      (pages[service] ?? [])
        .filter(([pattern]) => pattern.test(operation.name))
        .slice(0, 1)
        .map(([, rows, row]) => ({ operation, rows, row })),
    );

    it(`is known of a list of ${service}`, () => {
      expect(cases).not.to.have.length(0);
    });

    for (const { operation, rows, row } of cases) {
      it(`is read of ${service} ${operation.name}`, async () => {
        const body = JSON.stringify({ results: Array.from({ length: rows }, () => row) });

        const { excess } = await boundedAnswer({ status: 200, headers: {}, body }, operation.maxAnswerValues);

        expect(excess).to.equal(undefined);
        expect(body.length).to.be.below(operation.maxAnswerBytes ?? 2_000_000);
      });
    }
  }
});
