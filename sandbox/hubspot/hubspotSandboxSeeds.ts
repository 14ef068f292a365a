/**
 * The simulated account at its start: made-up people and companies, and the records that HubSpot's documentation reads.
 */
import { objectTypeNamed, type ObjectType, type PropertyValues } from './hubspotSandboxObjects.ts';

export interface SeedRecord {
  readonly type: ObjectType;
  readonly id: string;
  /** When it was made and last changed. */
  readonly at: string;
  readonly properties: PropertyValues;
}

export interface SeedAssociation {
  /** `<type>/<id>`. */
  readonly from: string;
  readonly to: string;
  readonly typeId: number;
}

const AT = '2026-01-15T09:30:00.000Z';

const typed = (name: string): ObjectType => {
  const type = objectTypeNamed(name);
  if (type === undefined) throw new Error(`there is no object type "${name}"`);
  return type;
};

const record = (type: ObjectType, id: string, properties: PropertyValues): SeedRecord => ({ type, id, at: AT, properties });

const contacts = typed('contacts');
const companies = typed('companies');
const deals = typed('deals');

const person = (id: string, firstname: string, lastname: string, jobtitle: string, company: string): SeedRecord =>
  record(contacts, id, {
    email: `${firstname}.${lastname}@example.com`.toLowerCase(),
    firstname,
    lastname,
    jobtitle,
    company,
    lifecyclestage: 'lead',
  });

const people: readonly SeedRecord[] = [
  person('101', 'Ada', 'Marsh', 'Head of Sales', 'Northwind Mills'),
  person('102', 'Ben', 'Okafor', 'Buyer', 'Northwind Mills'),
  person('103', 'Chiara', 'Lund', 'Chief Technology Officer', 'Copper Lane'),
  person('104', 'Dario', 'Voss', 'Account Manager', 'Copper Lane'),
  person('105', 'Elif', 'Tanaka', 'Founder', 'Lantern Works'),
  person('106', 'Femi', 'Castell', 'Operations Lead', 'Lantern Works'),
  person('107', 'Greta', 'Novak', 'Marketing Manager', 'Harbour Eleven'),
  person('108', 'Hugo', 'Adeyemi', 'Sales Development', 'Harbour Eleven'),
  person('109', 'Ines', 'Brandt', 'Procurement', 'Quiet Orchard'),
  person('110', 'Jonas', 'Mbeki', 'Engineer', 'Quiet Orchard'),
  person('111', 'Kaia', 'Ferro', 'Chief Executive', 'Sixth Street'),
  person('112', 'Liam', 'Sato', 'Finance', 'Sixth Street'),
];

const company = (id: string, name: string, domain: string, industry: string): SeedRecord =>
  record(companies, id, { name, domain, industry });

const firms: readonly SeedRecord[] = [
  company('201', 'Northwind Mills', 'northwind-mills.example', 'TEXTILES'),
  company('202', 'Copper Lane', 'copper-lane.example', 'COMPUTER_SOFTWARE'),
  company('203', 'Lantern Works', 'lantern-works.example', 'RENEWABLES_ENVIRONMENT'),
  company('204', 'Harbour Eleven', 'harbour-eleven.example', 'MARITIME'),
];

const deal = (id: string, dealname: string, dealstage: string, amount: string): SeedRecord =>
  record(deals, id, { dealname, dealstage, amount, pipeline: 'default' });

const sales: readonly SeedRecord[] = [
  deal('301', 'Northwind renewal', 'contractsent', '18000'),
  deal('302', 'Copper Lane pilot', 'appointmentscheduled', '4500'),
  deal('303', 'Lantern rollout', 'closedwon', '62000'),
];

/** Read and written by the documented exchanges of `test/contract/provider-cases.json`. */
const documented: readonly SeedRecord[] = [
  record(contacts, '29851', { email: 'point.of.contact@example.com', firstname: 'Point', lastname: 'Contact' }),
  record(contacts, '713492963559', { email: 'test-contact-2026@example.com', firstname: 'Updated', lastname: 'TestUser' }),
  record(contacts, '100451', { email: 'testperson@hubspot.com', firstname: 'Test', lastname: 'Person' }),
  record(contacts, '57156923994', { email: 'emailmaria@hubspot.com', firstname: 'Maria', lastname: 'Johnson (Sample Contact)' }),
  deal('21678228008', 'Documented deal', 'appointmentscheduled', '1000'),
  deal('515690208449', 'Deal without a company', 'appointmentscheduled', '2500'),
];

export const seedRecords: readonly SeedRecord[] = [...people, ...firms, ...sales, ...documented];

/** Records that were merged into others: one read finds the other, a batch leaves them out without a word. */
export const seedMerges: Readonly<Record<string, string>> = { 'contacts/150': '101' };

/** The default type between two kinds of record. */
export const defaultAssociationTypes: Readonly<Record<string, number>> = {
  'contacts/companies': 279,
  'companies/contacts': 280,
  'deals/contacts': 3,
  'contacts/deals': 4,
  'deals/companies': 341,
  'companies/deals': 342,
};

/** Labels that a person gave to types of their own. */
export const associationLabels: Readonly<Record<number, string>> = { 36: 'Point of contact' };

export const seedAssociations: readonly SeedAssociation[] = [
  { from: 'contacts/101', to: 'companies/201', typeId: 279 },
  { from: 'contacts/102', to: 'companies/201', typeId: 279 },
  { from: 'contacts/103', to: 'companies/202', typeId: 279 },
  { from: 'deals/301', to: 'contacts/101', typeId: 3 },
  { from: 'deals/301', to: 'companies/201', typeId: 341 },
  { from: 'deals/302', to: 'companies/202', typeId: 341 },
];
