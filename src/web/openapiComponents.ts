/**
 * What all operations of the OpenAPI document share: headers, parameters, the problem document, security.
 */
import type { ErrorCode } from '../errors/gatewayError.ts';
import type { JsonObject } from './openapiSchemas.ts';
import { problemKinds } from './problemKinds.ts';

const text = { type: 'string' };
const wholeNumber = { type: 'integer', minimum: 0 };

const problemSchema: JsonObject = {
  type: 'object',
  description: 'RFC 9457. Further members say more about single kinds; unknown ones may come.',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'retryable'],
  properties: {
    type: { ...text, format: 'uri-reference', description: 'Where the kind is explained.' },
    title: { ...text, description: 'The kind, always in the same words.' },
    status: wholeNumber,
    detail: { ...text, description: 'The case, for people.' },
    instance: { ...text, description: '`urn:request:<id>`, the id as in `X-Request-Id`.' },
    code: { ...text, enum: Object.keys(problemKinds), description: 'The kind, for programs.' },
    retryable: { type: 'boolean', description: 'Whether the same request may succeed later.' },
    upstream: { ...text, description: 'The service concerned.' },
    operation: { ...text, description: 'The operation of that service.' },
    retryAfterSeconds: { ...wholeNumber, minimum: 1 },
    circuit: { ...text, description: 'The circuit that is open.' },
    reason: { ...text, description: 'Why, as a constant.' },
    faults: {
      type: 'array',
      description: 'Every fault of an invalid request; never a value of it.',
      items: { type: 'object', required: ['at', 'message'], properties: { at: text, message: text } },
    },
    details: { type: 'object', description: 'Facts to go on with, such as the id of the record in the way.', additionalProperties: true },
  },
};

/** A route adds fields of its own to it. */
const queuedSchema: JsonObject = {
  type: 'object',
  description: 'A write that is on disk and will be made. Some routes add fields.',
  required: ['queued', 'id', 'status', 'acceptedAt', 'expiresAt'],
  properties: {
    queued: { type: 'boolean', const: true },
    id: { ...text, pattern: '^job_[\\w-]{22,43}$', description: 'Of the job, as in `Location`.' },
    status: { ...text, const: 'queued' },
    acceptedAt: { ...text, format: 'date-time' },
    expiresAt: { ...text, format: 'date-time', description: 'Not begun by then, it is given up.' },
  },
  additionalProperties: true,
};

const header = (description: string, schema: JsonObject = text): JsonObject => ({ description, schema });

const headers: Readonly<Record<string, JsonObject>> = {
  'X-Request-Id': header("The request's id in the gateway's log."),
  'Retry-After': header('Seconds to wait before a repeat.', { ...wholeNumber, minimum: 1 }),
  'Proxy-Status': header('RFC 9209: what went wrong on the way to the service.'),
  'Cache-Status': header('RFC 9211: whether the answer came from the cache, and how fresh it is.'),
  Age: header('Seconds since the service gave a cached answer.', wholeNumber),
  Location: header('Where to ask what became of the job.', { ...text, format: 'uri-reference' }),
  'Preference-Applied': header('RFC 7240: the preferences that were followed.'),
  'Idempotency-Replayed': header('`true`: the answer of an earlier request with the same Idempotency-Key.', { ...text, const: 'true' }),
  'WWW-Authenticate': header('How to authenticate.'),
};

const headerParameter = (name: string, description: string, schema: JsonObject, example: unknown): JsonObject => ({
  name,
  in: 'header',
  description,
  schema,
  example,
});

const parameters: Readonly<Record<string, JsonObject>> = {
  RequestId: headerParameter(
    'X-Request-Id',
    'Taken over if well-formed, else replaced.',
    { ...text, pattern: '^[\\w-]{8,128}$' },
    'order-7f3a9c21',
  ),
  RequestTimeout: headerParameter(
    'X-Request-Timeout',
    "Your patience in seconds, retries included; capped by the service's own deadline.",
    { type: 'number', exclusiveMinimum: 0, maximum: 120 },
    2.5,
  ),
  Prefer: headerParameter('Prefer', '`handling=strict`: an error rather than a stale or static answer.', text, 'handling=strict'),
  PreferAsync: headerParameter(
    'Prefer',
    '`respond-async`: queue the write at once, and answer 202. `handling=strict`: an error rather than a place in the queue.',
    text,
    'respond-async',
  ),
  IdempotencyKey: headerParameter(
    'Idempotency-Key',
    'Yours to choose, a fresh one for each request: repeats with it are answered as the first was, for 24 hours. In quotes or without.',
    { ...text, minLength: 1, maxLength: 257 },
    '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
  ),
  CacheControl: headerParameter('Cache-Control', '`no-cache`: ask the service even if a fresh answer is cached.', text, 'no-cache'),
};

/** Every status that callers may meet; 499 is seen by nobody. */
const problemStatuses = (): readonly number[] => {
  const statuses = Object.values(problemKinds).map(({ status }) => status);
  return [...new Set([...statuses, 409])].filter((status) => status !== 499).sort((one, other) => one - other);
};

const codesOf = (status: number): readonly ErrorCode[] => {
  const codes = (Object.keys(problemKinds) as ErrorCode[]).filter((code) => problemKinds[code].status === status);
  return status === 404 || status === 409 ? [...codes, 'upstream_rejected'] : codes;
};

const headersOf = (status: number): JsonObject => {
  const names = ['X-Request-Id'];
  if (status === 401) names.push('WWW-Authenticate');
  if (status === 503 || status === 409) names.push('Retry-After');
  if ([404, 409, 422, 502, 503, 504].includes(status)) names.push('Proxy-Status');
  return headerReferences(names);
};

/** References to the headers of that name. */
export const headerReferences = (names: readonly string[]): JsonObject =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

const problemResponse = (status: number): JsonObject => ({
  description: codesOf(status)
    .map((code) => `\`${code}\`: ${problemKinds[code].title}`)
    .join('; '),
  headers: headersOf(status),
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

/** References to the problem responses of these statuses. */
export const problemReferences = (statuses: readonly number[]): JsonObject =>
  Object.fromEntries([...new Set(statuses)].map((status) => [String(status), { $ref: `#/components/responses/Problem${String(status)}` }]));

/** For routes whose write may wait. */
export const queuedResponse: JsonObject = { 202: { $ref: '#/components/responses/Queued' } };

const queuedComponent: JsonObject = {
  description: 'The write waits in the queue: it is on disk, and will be made',
  headers: headerReferences(['X-Request-Id', 'Location', 'Retry-After', 'Preference-Applied', 'Idempotency-Replayed']),
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Queued' } } },
};

/** @param schemas The schemas of the routes. */
export const openApiComponents = (schemas: Readonly<Record<string, JsonObject>>): JsonObject => ({
  schemas: { ...schemas, Problem: problemSchema, Queued: queuedSchema },
  headers,
  parameters,
  responses: {
    ...Object.fromEntries(problemStatuses().map((status) => [`Problem${String(status)}`, problemResponse(status)])),
    Queued: queuedComponent,
  },
  securitySchemes: {
    bearer: { type: 'http', scheme: 'bearer', description: 'An API key, `saa_live_…`.' },
    apiKey: {
      type: 'apiKey',
      in: 'header',
      name: 'X-Api-Key',
      description: 'The same key, for clients that cannot send the other header.',
    },
  },
});
