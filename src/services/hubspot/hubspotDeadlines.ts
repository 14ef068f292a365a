import type { ServiceDeadline } from '../provider.ts';

/** What HubSpot has announced that touches us. Sources: docs/services/hubspot.md#versions. */
export const hubspotDeadlines: readonly ServiceDeadline[] = [
  {
    endsOn: '2027-09-01',
    actBy: '2027-06-01',
    what: 'tokens of legacy private apps',
    act: 'put a service key or an OAuth token into HUBSPOT_API_KEY',
  },
  {
    endsOn: '2027-09-30',
    actBy: '2027-06-30',
    what: 'the API version 2026-03 (18 months old)',
    act: 'set VERSION in hubspotPaths.ts to 2026-09 or newer, and run the contract suite',
  },
];
