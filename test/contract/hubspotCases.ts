/**
 * The documented exchanges of HubSpot, as our client and our simulator have them.
 */
import type { HubspotClient } from '../../src/services/hubspot/hubspotClient.ts';
import type { SimulatorInstance } from '../../sandbox/simulation/simulator.ts';
import type { CaseScript } from './caseScript.ts';

/** Version 3 of a path is the same as the dated one that we send. */
const dated = (documented: string): string =>
  documented.replace('/crm/v3/objects/', '/crm/objects/2026-03/').replace('/crm/v4/associations/', '/crm/associations/2026-03/');

const scenario =
  (name: string) =>
  (simulator: SimulatorInstance): void => {
    const enter = simulator.scenarios[name];
    if (enter === undefined) throw new Error(`the simulator has no scenario "${name}"`);
    enter();
  };

export const hubspotCases: readonly CaseScript<HubspotClient>[] = [
  {
    case: 'account-details (health check)',
    call: (client) => client.getAccount(),
    outcome: 'answer',
  },
  {
    case: 'create contact',
    call: (client) =>
      client.createContact({
        properties: {
          email: 'test.contact.1741764800@example.com',
          firstname: 'Test',
          lastname: 'Contact',
          phone: '+1 555-1234',
          company: 'Test Company',
          website: 'https://testcompany.com',
        },
      }),
    outcome: 'answer',
    path: dated,
  },
  {
    case: 'get contact with selected properties',
    call: (client) => client.getContact('713492963559', { properties: ['email', 'firstname', 'lastname'] }),
    outcome: 'answer',
    path: dated,
  },
  {
    case: 'list contacts, one per page',
    call: (client) => client.listContacts({ limit: 1 }),
    outcome: 'answer',
  },
  {
    case: 'search contacts by email token',
    call: (client) =>
      client.searchContacts({
        filterGroups: [{ filters: [{ propertyName: 'email', operator: 'CONTAINS_TOKEN', value: '*@hubspot.com' }] }],
      }),
    outcome: 'answer',
  },
  {
    case: 'batch read with one unknown id (207)',
    call: (client) => client.batchReadContacts({ ids: ['nobody@example.com'], idProperty: 'email', properties: ['email', 'firstname'] }),
    outcome: 'answer',
    path: dated,
  },
  {
    case: 'batch create tickets, partial failure (207)',
    call: (client) =>
      client.batchCreateTickets({
        inputs: [
          { objectWriteTraceId: '549b1c2a9350', properties: { hs_pipeline_stage: '1' } },
          { objectWriteTraceId: '549b1c2a9351', properties: { missing: '1' } },
        ],
      }),
    outcome: 'answer',
  },
  {
    case: '400 unknown property',
    call: (client) => client.createContact({ properties: { testproperty: 'x' } }),
    outcome: 'upstream_rejected',
  },
  {
    case: '409 contact already exists',
    call: (client) => client.createContact({ properties: { email: 'test-contact-2026@example.com' } }),
    outcome: 'upstream_rejected',
    path: dated,
  },
  {
    case: '429 daily limit',
    call: (client) => client.listContacts(),
    outcome: 'upstream_quota_exhausted',
    path: dated,
    arrange: scenario('daily_limit'),
  },
  {
    case: '429 ten-second rolling limit',
    call: (client) => client.listContacts(),
    outcome: 'upstream_rate_limited',
    path: dated,
    arrange: scenario('ten_second_limit'),
  },
  {
    case: '429 search per-second limit (different body)',
    call: (client) => client.searchContacts({ filterGroups: [] }),
    outcome: 'upstream_rate_limited',
    path: dated,
    arrange: scenario('search_limit'),
  },
  {
    case: 'label association created (201)',
    call: (client) =>
      client.associate('contacts', '29851', 'deals', '21678228008', [{ associationCategory: 'USER_DEFINED', associationTypeId: 36 }]),
    outcome: 'answer',
  },
  {
    case: 'batch read associations, none found (207)',
    call: (client) => client.batchReadAssociations('deals', 'companies', [{ id: '515690208449' }]),
    outcome: 'answer',
    path: dated,
  },
];
