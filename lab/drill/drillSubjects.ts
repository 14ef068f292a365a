/**
 * What the drill asks of each service: reads that are different every time, so that neither a cache nor a shared
 * flight answers in the service's place.
 */
import type { Service } from '../../src/services/provider.ts';
import { serviceRegistry } from '../../src/services/registry.ts';
import type { DrillRequest } from './drillLoad.ts';

/** Any id will do: that there is no such record is an answer too. */
const requests: Readonly<Record<string, (number: number) => DrillRequest>> = {
  hubspot: (number) => ({ method: 'GET', path: `/api/hubspot/contacts/${String(900_000_000 + number)}` }),
  lemlist: (number) => ({ method: 'GET', path: `/api/lemlist/campaigns/cam_drill${String(number)}` }),
  // A domain that nobody has: a match that finds nothing costs one credit, and no second request.
  explorium: (number) => ({
    method: 'POST',
    path: '/api/explorium/companies/enrich',
    body: { domain: `drill-${String(number)}.test` },
  }),
  kit: (number) => ({ method: 'GET', path: `/api/kit/subscribers/${String(900_000_000 + number)}` }),
  mailchimp: (number) => ({ method: 'GET', path: `/api/mailchimp/lists/16ed227135/members/drill-${String(number)}@example.com` }),
  sendgrid: (number) => ({ method: 'GET', path: `/api/sendgrid/suppressions/global/drill-${String(number)}@example.com` }),
};

/** What the gateway's health checks of a service ask, as the sandbox names operations. */
export const healthOperationOf = (service: string): string => {
  const { health } = Object.entries<Pick<Service, 'health'>>(serviceRegistry).find(([name]) => name === service)?.[1] ?? {};
  if (health === undefined) throw new Error(`There is no service "${service}"`);
  return `${health.operation.method} ${health.request.path}`;
};

/** The services that a drill knows how to call. */
export const drillServices: readonly string[] = Object.keys(requests);

/** @throws {Error} for a service without a request; the command line is checked before. */
export const drillRequestOf = (service: string): ((number: number) => DrillRequest) => {
  const found = requests[service];
  if (found === undefined) throw new Error(`The drill has no request for "${service}"`);
  return found;
};
