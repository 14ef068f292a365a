/**
 * HubSpot's refusals, word for word where its words are known. `hubspotSandbox.ts` adds the correlation id.
 */
import type { SandboxAnswer } from '../simulation/simulator.ts';
import type { ObjectType, PropertyProblem } from './hubspotSandboxObjects.ts';

/** The account that is simulated. */
export const PORTAL_ID = 123456;

export const refusal = (status: number, message: string, more: Readonly<Record<string, unknown>> = {}): SandboxAnswer => ({
  status,
  body: { status: 'error', message, ...more },
});

export const unauthenticated = refusal(
  401,
  'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at ' +
    'https://developers.hubspot.com/docs/methods/auth/oauth-overview',
  { category: 'INVALID_AUTHENTICATION' },
);

export const missingScopes = refusal(403, "This app hasn't been granted all required scopes to make this call.", {
  errors: [
    {
      message: 'One or more of the following scopes are required.',
      context: { requiredGranularScopes: ['crm.objects.contacts.read'] },
    },
  ],
  category: 'MISSING_SCOPES',
});

export const objectNotFound = refusal(404, 'Object not found.  objectId are usually numeric.', { category: 'OBJECT_NOT_FOUND' });

export const resourceNotFound = refusal(404, 'resource not found');

export const methodNotAllowed = refusal(405, 'HTTP 405 Method Not Allowed');

export const badJson = refusal(400, 'Invalid input JSON on line 1, column 1: the body does not parse');

export const badInput = (message: string): SandboxAnswer => refusal(400, `Invalid input: ${message}`, { category: 'VALIDATION_ERROR' });

export const locked = refusal(423, 'The object is locked by another write.', { category: 'LOCKED' });

export const emailTaken = (existingId: string): SandboxAnswer =>
  refusal(409, `Contact already exists. Existing ID: ${existingId}`, { category: 'CONFLICT' });

/** The sentence that holds a JSON list of its own. */
export const problemsMessage = (problems: readonly PropertyProblem[]): string => {
  const list = problems.map(({ name, code, message }) => ({
    isValid: false,
    message,
    error: code,
    name,
    localizedErrorMessage: message,
    portalId: PORTAL_ID,
  }));
  return `Property values were not valid: ${JSON.stringify(list)}`;
};

export const invalidProperties = (problems: readonly PropertyProblem[]): SandboxAnswer =>
  refusal(400, problemsMessage(problems), {
    errors: problems.map(({ name, code, message }) => ({ message, code, context: { propertyName: [name] } })),
    category: 'VALIDATION_ERROR',
  });

export const requiredMessage = (type: ObjectType): string =>
  `Error creating ${type.singular.toUpperCase()}. Some required properties were not set.`;

export const requiredMissing = (type: ObjectType, missing: readonly string[]): SandboxAnswer =>
  refusal(400, requiredMessage(type), { context: { properties: missing }, category: 'VALIDATION_ERROR' });

/** The account moves to another data centre; the header is in seconds. */
export const migrating: SandboxAnswer = {
  ...refusal(477, 'This account is being migrated between data centers.', { category: 'MIGRATION_IN_PROGRESS' }),
  headers: { 'retry-after': '600' },
};

/** What the edge says when HubSpot behind it does not answer: no JSON, no correlation id. */
export const edgeFailure = (status: number): SandboxAnswer => ({
  status,
  headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare' },
  body: [
    `<html><head><title>${String(status)} Error</title></head>`,
    `<body><center><h1>${String(status)} Error</h1></center>`,
    '<hr><center>cloudflare</center></body></html>',
    '',
  ].join('\r\n'),
});

const wellKnown: readonly SandboxAnswer[] = [unauthenticated, missingScopes, objectNotFound, methodNotAllowed, locked, migrating];

const EDGE_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

/** HubSpot's own body for a status that something else brought about. */
export const failureOf = (status: number): SandboxAnswer => {
  const known = wellKnown.find((answer) => answer.status === status);
  if (known !== undefined) return known;
  if (EDGE_STATUSES.has(status) || status >= 520) return edgeFailure(status);
  if (status === 400) return badInput('the request was refused');
  if (status === 409) return refusal(409, 'The write conflicts with another one.', { category: 'CONFLICT' });
  return refusal(status, status >= 500 ? 'internal error' : 'the request was refused');
};
