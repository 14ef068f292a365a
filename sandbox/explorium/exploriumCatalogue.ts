/**
 * Whom the simulated Explorium knows: every company at a domain below example.com, example.org or example.net, every
 * person there, and the records of the documented exchanges. All made up from hashes, so that a name always gets the
 * same answer.
 */
import { digest, seedsIn, textIn, type Fields } from '../simulation/fields.ts';

interface Seeds {
  /** Domains and people by their ids. */
  readonly businesses: Readonly<Record<string, string>>;
  readonly prospects: Readonly<Record<string, string>>;
  readonly employees: readonly string[];
  readonly revenue: readonly string[];
  /** Of any business, in the order of an answer. */
  readonly firmographics: Fields;
  /** Sentences by status. */
  readonly failures: Readonly<Record<number, string>>;
}

/** Matched, with nothing known about it: the miss of the second step. */
const DOMAIN_WITHOUT_DATA = 'no-data.example.com';
/** A row that fails inside a batch that succeeds. */
const DOMAIN_THAT_FAILS = 'failing.example.com';
const KNOWN_DOMAIN = /^(?:[a-z0-9-]+\.)*example\.(?:com|org|net)$/u;

export const seeds = seedsIn('./exploriumSeeds.json', import.meta.url)() as Seeds;

/** The element that a hash points at. */
const pick = (choices: readonly string[], hex: string): string | undefined =>
  choices[Number.parseInt(hex.slice(0, 6), 16) % choices.length];

const textOf = (row: Fields, name: string): string => textIn(row, name).trim().toLowerCase();

const domainOf = (row: Fields): string => {
  const url = textOf(row, 'url');
  if (textOf(row, 'domain') !== '') return textOf(row, 'domain');
  if (URL.canParse(url)) return new URL(url).hostname.replace(/^www\./u, '');
  return textOf(row, 'name') === 'example' ? 'example.com' : '';
};

/** What names a person whom we know, or nothing. */
const personOf = (row: Fields): string | undefined => {
  const [email, linkedin, company] = [textOf(row, 'email'), textOf(row, 'linkedin'), textOf(row, 'company_name')];
  if (KNOWN_DOMAIN.test(email.split('@')[1] ?? '')) return email;
  if (linkedin.includes('example')) return linkedin;
  return company.startsWith('example') ? `${textOf(row, 'full_name')} at ${company}` : undefined;
};

/** Names by their ids and back; what is new gets the hash of its name. */
class Directory {
  readonly #names: Map<string, string>;
  readonly #ids: Map<string, string>;

  constructor(
    known: Readonly<Record<string, string>>,
    private readonly algorithm: 'md5' | 'sha1',
  ) {
    this.#names = new Map(Object.entries(known));
    this.#ids = new Map(Object.entries(known).map(([id, name]) => [name, id]));
  }

  idOf(name: string): string {
    const id = this.#ids.get(name) ?? digest(this.algorithm, name);
    this.#names.set(id, name);
    return id;
  }

  nameOf(id: string): string | undefined {
    return this.#names.get(id);
  }
}

export class ExploriumCatalogue {
  readonly #businesses = new Directory(seeds.businesses, 'md5');
  readonly #prospects = new Directory(seeds.prospects, 'sha1');

  /** The row of an answer to a match: the id, `null`, or an error. */
  matchBusiness(row: Fields): Fields {
    const input = { name: null, domain: null, url: null, linkedin_url: null, ...row };
    const domain = domainOf(row);
    if (domain === DOMAIN_THAT_FAILS) return { input, error: 'The row could not be processed', error_type: 'processing_error' };
    return { input, business_id: KNOWN_DOMAIN.test(domain) ? this.#businesses.idOf(domain) : null };
  }

  firmographics(businessId: string): Fields | undefined {
    const domain = this.#businesses.nameOf(businessId);
    if (domain === undefined || domain === DOMAIN_WITHOUT_DATA) return undefined;
    const name = domain.split('.')[0] ?? domain;
    const hex = digest('md5', domain);
    return {
      ...seeds.firmographics,
      business_id: businessId,
      name: `${name.charAt(0).toUpperCase()}${name.slice(1)} Inc`,
      business_description: `A company made up for ${domain}.`,
      website: `https://${domain}`,
      number_of_employees_range: pick(seeds.employees, hex),
      yearly_revenue_range: pick(seeds.revenue, hex),
    };
  }

  matchProspect(row: Fields): Fields {
    const input = { business_id: null, full_name: null, company_name: null, email: null, phone_number: null, linkedin: null, ...row };
    const person = personOf(row);
    return { input, prospect_id: person === undefined ? null : this.#prospects.idOf(person) };
  }

  /** @param types Of `email` and `phone`. */
  contacts(prospectId: string, types: ReadonlySet<string>): Fields | undefined {
    const person = this.#prospects.nameOf(prospectId);
    if (person === undefined) return undefined;
    const address = person.includes('@') ? person : `${prospectId.slice(0, 8)}@example.com`;
    const phone = `+1202555${String(100 + (Number.parseInt(prospectId.slice(0, 4), 16) % 100)).padStart(4, '0')}`;
    const emails = { emails: [{ address, type: 'professional' }], professions_email: address, professional_email_status: 'valid' };
    const phones = { phone_numbers: [{ phone_number: phone }], mobile_phone: phone };
    return { ...(types.has('email') ? emails : {}), ...(types.has('phone') ? phones : {}) };
  }
}
