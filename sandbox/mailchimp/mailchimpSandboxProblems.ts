/**
 * The simulated Mailchimp's refusals, word for word where its words are known. The simulator adds each one's `instance`.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';

/** One place at fault; an empty field is the whole request. */
export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

/** Why a member cannot be written: a problem document where it is alone, a row's error where it is one of many. */
export interface Refusal {
  readonly title: string;
  readonly detail: string;
  readonly faults?: readonly FieldFault[];
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export const problem = (status: number, { title, detail, faults }: Refusal): SandboxAnswer => ({
  status,
  headers: { 'content-type': PROBLEM_TYPE },
  body: {
    type: 'https://mailchimp.com/developer/marketing/docs/errors/',
    title,
    status,
    detail,
    ...(faults === undefined ? {} : { errors: faults }),
  },
});

export const invalid = (faults: readonly FieldFault[]): Refusal => ({
  title: 'Invalid Resource',
  detail: "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
  faults,
});

export const missing = (fields: readonly string[]): Refusal =>
  invalid([{ field: '', message: `Required fields were not provided: ${fields.join(', ')}` }]);

export const notFound = problem(404, { title: 'Resource Not Found', detail: 'The requested resource could not be found.' });

export const methodNotAllowed = problem(405, {
  title: 'Method Not Allowed',
  detail: 'The requested method and resource are not compatible. See the Allow header for this resource’s available methods.',
});

export const malformedJson = problem(400, {
  title: 'JSONParseError',
  detail: 'We encountered an unspecified JSON parsing error.',
});

export const keyInvalid = problem(401, {
  title: 'API Key Invalid',
  detail: "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
});

export const wrongDataCentre = problem(403, {
  title: 'WrongDatacenter',
  detail: 'The API key provided is linked to a different datacenter.',
});

export const disabledForCompliance = problem(503, { title: 'ComplianceRelated', detail: 'This method has been disabled.' });

export const tooManyConnections = problem(429, {
  title: 'Too Many Requests',
  detail: 'You have exceeded the limit of 10 simultaneous connections.',
});

export const tooManyBatches = problem(429, { title: 'Too Many Requests', detail: 'You have reached the limit of 500 pending batches.' });

/** What the edge says in Mailchimp's place: markup, and no problem. */
export const edgePage = (status: number): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<HTML><HEAD><TITLE>Error ${String(status)}</TITLE></HEAD><BODY><H1>Error ${String(status)}</H1>Reference #18.0</BODY></HTML>`,
});

const forbidden = problem(403, { title: 'Forbidden', detail: 'You are not permitted to access this resource.' });

const internal = problem(500, {
  title: 'Internal Server Error',
  detail: 'An unexpected internal error has occurred. Please contact Support for more information.',
});

const wellKnown: readonly SandboxAnswer[] = [keyInvalid, forbidden, notFound, methodNotAllowed, tooManyConnections, internal];

/** Its body for a status that something else brought about; gateways before it answer with pages. */
export const failureOf = (status: number): SandboxAnswer => {
  const known = wellKnown.find((answer) => answer.status === status);
  if (known !== undefined) return known;
  if (status === 400) return problem(400, invalid([{ field: '', message: 'The request was refused' }]));
  return edgePage(status);
};
