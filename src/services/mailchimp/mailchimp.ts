/**
 * Mailchimp's Marketing API. Facts and their sources: docs/services/mailchimp.md.
 */
import { upstreamPath } from '../../pipeline/upstreamPath.ts';
import { minutes, seconds } from '../../time/clock.ts';
import { serviceOf } from '../endpoint.ts';
import { mailchimpEndpoints } from './mailchimpClient.ts';
import { classifyMailchimpAnswer } from './mailchimpErrors.ts';

/** What follows the last `-` of a key. It chooses a host, so it must be no more than the name of a data centre. */
const DATA_CENTRE = /-([a-z]{2,10}\d{1,4})$/u;

const dataCentreOf = (secret: string): string | undefined => DATA_CENTRE.exec(secret)?.[1];

/** @throws {Error} for a credential that names no data centre, such as an OAuth token: then the address must be set. */
const baseUrlFor = (secret: string): string => {
  const dataCentre = dataCentreOf(secret);
  if (dataCentre !== undefined) return `https://${dataCentre}.api.mailchimp.com/3.0`;
  throw new Error('MAILCHIMP_API_KEY must end in its data centre, such as -us19; for an OAuth token set MAILCHIMP_BASE_URL');
};

/** A key goes as the password of whatever user; an OAuth token, which names no data centre, as Bearer. */
const authenticate = (secret: string): Readonly<Record<string, string>> => ({
  authorization: dataCentreOf(secret) === undefined ? `Bearer ${secret}` : `Basic ${Buffer.from(`anystring:${secret}`).toString('base64')}`,
});

const sandboxSecret = '00000000000000000000000000000000-us19';

export const mailchimp = serviceOf({
  name: 'mailchimp',
  title: 'Mailchimp',
  baseUrl: baseUrlFor(sandboxSecret),
  baseUrlFor,
  authenticate,
  sandboxSecret,
  overrides: {
    attemptTimeoutMs: seconds(10),
    deadlineMs: seconds(30),
    // Ten connections per user is its hard limit, shared with everything else of that user.
    bulkhead: { startConcurrent: 6, maxConcurrent: 8 },
  },
  endpoints: mailchimpEndpoints,
  health: { operation: mailchimpEndpoints.ping.operation, request: { path: upstreamPath`/ping` } },
  // Ten for everything of the user. What we gave up it may be at until its own limit of two minutes.
  quotas: { classes: { default: [{ connections: 10, suspectMs: minutes(2), patienceMs: seconds(1) }] } },
  classify: classifyMailchimpAnswer,
  // It limits connections, not rates, and no header tells how many are in use.
  readQuota: () => [],
});
