import { explorium } from './explorium/explorium.ts';
import { hubspot } from './hubspot/hubspot.ts';
import { lemlist } from './lemlist/lemlist.ts';

/** Every upstream service, one line each. */
export const serviceRegistry = { hubspot, lemlist, explorium } as const;
