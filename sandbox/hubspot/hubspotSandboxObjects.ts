/**
 * The object types that the simulator knows, and how their properties are judged.
 */

export type PropertyValues = Readonly<Record<string, string>>;

export interface ObjectType {
  readonly plural: 'contacts' | 'companies' | 'deals' | 'tickets';
  readonly singular: 'contact' | 'company' | 'deal' | 'ticket';
  /** HubSpot's number for the type; it stands in paths as well. */
  readonly typeId: string;
  /** Properties that may be written; any other does not exist. */
  readonly writable: ReadonlySet<string>;
  /** Properties whose values must be whole numbers. */
  readonly integers: ReadonlySet<string>;
  /** What a read answers unless told otherwise. */
  readonly standard: readonly string[];
  /** What the time of the last change is called. */
  readonly modified: 'lastmodifieddate' | 'hs_lastmodifieddate';
  /** Sets of which a new record needs one whole. */
  readonly required: readonly (readonly string[])[];
  /** Set on a new record unless given. */
  readonly defaults: PropertyValues;
}

/** One thing wrong with the properties of a write, as HubSpot tells it. */
export interface PropertyProblem {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

const names = (...lines: readonly string[]): ReadonlySet<string> => new Set(lines.flatMap((line) => line.split(' ')));

/** Written by HubSpot only. */
const systemProperties = names('createdate lastmodifieddate hs_lastmodifieddate hs_object_id hs_object_source');

const contacts: ObjectType = {
  plural: 'contacts',
  singular: 'contact',
  typeId: '0-1',
  writable: names(
    'email firstname lastname phone mobilephone company website jobtitle address city state zip country',
    'lifecyclestage hs_lead_status hubspot_owner_id',
  ),
  integers: names('hubspot_owner_id'),
  standard: ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname'],
  modified: 'lastmodifieddate',
  required: [['email'], ['firstname'], ['lastname']],
  defaults: { lifecyclestage: 'lead' },
};

const companies: ObjectType = {
  plural: 'companies',
  singular: 'company',
  typeId: '0-2',
  writable: names(
    'name domain industry description phone website address city state zip country numberofemployees annualrevenue',
    'lifecyclestage hubspot_owner_id',
  ),
  integers: names('numberofemployees hubspot_owner_id'),
  standard: ['createdate', 'domain', 'hs_lastmodifieddate', 'hs_object_id', 'name'],
  modified: 'hs_lastmodifieddate',
  required: [['domain'], ['name']],
  defaults: {},
};

const deals: ObjectType = {
  plural: 'deals',
  singular: 'deal',
  typeId: '0-3',
  writable: names('dealname dealstage pipeline amount closedate dealtype description hubspot_owner_id'),
  integers: names('hubspot_owner_id'),
  standard: ['amount', 'closedate', 'createdate', 'dealname', 'dealstage', 'hs_lastmodifieddate', 'hs_object_id', 'pipeline'],
  modified: 'hs_lastmodifieddate',
  required: [['dealname', 'dealstage']],
  defaults: { pipeline: 'default' },
};

const tickets: ObjectType = {
  plural: 'tickets',
  singular: 'ticket',
  typeId: '0-5',
  writable: names('subject content hs_pipeline hs_pipeline_stage hs_ticket_priority hubspot_owner_id'),
  integers: names('hubspot_owner_id'),
  standard: ['content', 'createdate', 'hs_lastmodifieddate', 'hs_object_id', 'hs_pipeline', 'hs_pipeline_stage', 'subject'],
  modified: 'hs_lastmodifieddate',
  required: [['hs_pipeline_stage']],
  defaults: { hs_pipeline: '0' },
};

export const objectTypes: readonly ObjectType[] = [contacts, companies, deals, tickets];

/** The type by the name or number that stands in a path. */
export const objectTypeNamed = (name: string): ObjectType | undefined =>
  objectTypes.find(({ plural, typeId }) => plural === name || typeId === name);

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/u;
const INTEGER = /^-?\d*$/u;

const problemWith = (type: ObjectType, name: string, value: string): PropertyProblem | undefined => {
  const problem = (code: string, message: string): PropertyProblem => ({ name, code, message });
  if (systemProperties.has(name)) return problem('READ_ONLY_VALUE', `"${name}" is a read only property; its value cannot be set.`);
  if (!type.writable.has(name)) return problem('PROPERTY_DOESNT_EXIST', `Property "${name}" does not exist`);
  if (name === 'email' && !EMAIL.test(value)) return problem('INVALID_EMAIL', `Email address ${value} is invalid`);
  if (type.integers.has(name) && !INTEGER.test(value)) return problem('INVALID_INTEGER', `${value} was not a valid integer.`);
  return undefined;
};

/** Everything wrong with the values of a write, one problem a property. */
export const problemsWith = (type: ObjectType, properties: PropertyValues): readonly PropertyProblem[] =>
  Object.entries(properties).flatMap(([name, value]) => problemWith(type, name, value) ?? []);

/** What a new record lacks; empty if it has one of the sets it needs. */
export const missingFor = (type: ObjectType, properties: PropertyValues): readonly string[] => {
  const lacking = type.required.map((set) => set.filter((name) => (properties[name] ?? '') === ''));
  return lacking.some((missing) => missing.length === 0) ? [] : [...new Set(lacking.flat())];
};
