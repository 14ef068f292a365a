/**
 * Whom the simulated Explorium knows: every company at a domain below example.com, example.org or example.net, every
 * person there, and the records of the documented exchanges. All made up from hashes, so that a name always gets the
 * same answer.
 */
import { createHash } from 'node:crypto';

export type Row = Readonly<Record<string, unknown>>;

/** Matched, with nothing known about it: the miss of the second step. */
const DOMAIN_WITHOUT_DATA = 'no-data.example.com';
/** A row that fails inside a batch that succeeds. */
const DOMAIN_THAT_FAILS = 'failing.example.com';

const KNOWN_DOMAIN = /^(?:[a-z0-9-]+\.)*example\.(?:com|org|net)$/u;
const EMPLOYEES = ['1-10', '11-50', '51-200', '201-500', '501-1000', '1001-5000'] as const;
const REVENUE = ['0-500K', '500K-1M', '1M-5M', '5M-10M', '10M-25M', '25M-75M'] as const;

const seedBusinesses = [['19fbe842a2e51db95d4f92333f2cc63a', 'example.com']] as const;

const seedProspects = [
  ['6ffd52c681452e2da8aac7ec3efb174f4604734c', 'https://www.linkedin.com/in/jane-doe-example'],
  ['46ab818ec439a76489024b5727abdf194dfa3329', 'jane roe at example'],
  ['ee936e451b50c70e068e1b54e106cb89173198c4', 'pat@example.com'],
  ['d668424ab4f6aaeeeb74248d56b8335383fd522b', 'kim@example.com'],
] as const;

const hash = (algorithm: 'md5' | 'sha1', text: string): string => createHash(algorithm).update(text).digest('hex');

/** The element that a hash points at. */
const pick = <T>(choices: readonly T[], hex: string): T | undefined => choices[Number.parseInt(hex.slice(0, 6), 16) % choices.length];

const textOf = (row: Row, name: string): string => {
  const value = row[name];
  return typeof value === 'string' ? value.trim().toLowerCase() : '';
};

const domainOf = (row: Row): string => {
  const url = textOf(row, 'url');
  const name = textOf(row, 'name');
  if (textOf(row, 'domain') !== '') return textOf(row, 'domain');
  if (URL.canParse(url)) return new URL(url).hostname.replace(/^www\./u, '');
  return name === 'example' ? 'example.com' : '';
};

/** What names a person whom we know, or nothing. */
const personOf = (row: Row): string | undefined => {
  const email = textOf(row, 'email');
  const linkedin = textOf(row, 'linkedin');
  if (KNOWN_DOMAIN.test(email.split('@')[1] ?? '')) return email;
  if (linkedin.includes('example')) return linkedin;
  return textOf(row, 'company_name').startsWith('example') ? `${textOf(row, 'full_name')} at ${textOf(row, 'company_name')}` : undefined;
};

export class ExploriumCatalogue {
  readonly #domains = new Map<string, string>(seedBusinesses);
  readonly #businessIds = new Map<string, string>(seedBusinesses.map(([id, domain]) => [domain, id]));
  readonly #people = new Map<string, string>(seedProspects);
  readonly #prospectIds = new Map<string, string>(seedProspects.map(([id, person]) => [person, id]));

  /** The row of an answer to a match: the id, `null`, or an error. */
  matchBusiness(row: Row): Row {
    const input = { name: null, domain: null, url: null, linkedin_url: null, ...row };
    const domain = domainOf(row);
    if (domain === DOMAIN_THAT_FAILS) return { input, error: 'The row could not be processed', error_type: 'processing_error' };
    if (!KNOWN_DOMAIN.test(domain)) return { input, business_id: null };
    const id = this.#businessIds.get(domain) ?? hash('md5', domain);
    this.#domains.set(id, domain);
    return { input, business_id: id };
  }

  firmographics(businessId: string): Row | undefined {
    const domain = this.#domains.get(businessId);
    if (domain === undefined || domain === DOMAIN_WITHOUT_DATA) return undefined;
    const name = domain.split('.')[0] ?? domain;
    const hex = hash('md5', domain);
    return {
      business_id: businessId,
      name: `${name.charAt(0).toUpperCase()}${name.slice(1)} Inc`,
      business_description: `A company made up for ${domain}.`,
      website: `https://${domain}`,
      country_name: 'united states',
      region_name: 'new york',
      city_name: 'new york',
      naics: '541511',
      naics_description: 'Custom Computer Programming Services',
      number_of_employees_range: pick(EMPLOYEES, hex),
      yearly_revenue_range: pick(REVENUE, hex),
      linkedin_industry_category: 'software development',
      ticker: null,
      locations_distribution: [],
    };
  }

  matchProspect(row: Row): Row {
    const input = { business_id: null, full_name: null, company_name: null, email: null, phone_number: null, linkedin: null, ...row };
    const person = personOf(row);
    if (person === undefined) return { input, prospect_id: null };
    const id = this.#prospectIds.get(person) ?? hash('sha1', person);
    this.#people.set(id, person);
    return { input, prospect_id: id };
  }

  /** @param types Of `email` and `phone`. */
  contacts(prospectId: string, types: ReadonlySet<string>): Row | undefined {
    const person = this.#people.get(prospectId);
    if (person === undefined) return undefined;
    const address = person.includes('@') ? person : `${prospectId.slice(0, 8)}@example.com`;
    const phone = `+1202555${String(100 + (Number.parseInt(prospectId.slice(0, 4), 16) % 100)).padStart(4, '0')}`;
    const emails = { emails: [{ address, type: 'professional' }], professions_email: address, professional_email_status: 'valid' };
    const phones = { phone_numbers: [{ phone_number: phone }], mobile_phone: phone };
    return { ...(types.has('email') ? emails : {}), ...(types.has('phone') ? phones : {}) };
  }
}
