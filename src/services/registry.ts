import { explorium } from './explorium/explorium.ts';
import { hubspot } from './hubspot/hubspot.ts';
import { kit } from './kit/kit.ts';
import { lemlist } from './lemlist/lemlist.ts';
import { mailchimp } from './mailchimp/mailchimp.ts';
import { sendgrid } from './sendgrid/sendgrid.ts';

/** Every upstream service, one line each. */
export const serviceRegistry = { hubspot, lemlist, explorium, kit, mailchimp, sendgrid } as const;
