/**
 * The paths that are no routes as data: health, metrics and the document itself. They need no key.
 */
import { problemReferences } from './openapiComponents.ts';
import type { JsonObject } from './openapiSchemas.ts';

const healthSchema: JsonObject = {
  type: 'object',
  required: ['status'],
  properties: { status: { type: 'string', enum: ['pass', 'warn', 'fail'] } },
  additionalProperties: true,
};

const answer = (description: string, mediaType: string, schema: JsonObject): JsonObject => ({
  description,
  content: { [mediaType]: { schema } },
});

const health = (description: string): JsonObject => answer(description, 'application/health+json', healthSchema);

const text = (description: string): JsonObject => answer(description, 'text/plain', { type: 'string' });

const open = (operationId: string, summary: string, responses: JsonObject, parameters: readonly JsonObject[] = []): JsonObject => ({
  get: {
    operationId,
    summary,
    tags: ['operations'],
    security: [],
    ...(parameters.length > 0 && { parameters }),
    responses: { ...responses, ...problemReferences(parameters.length > 0 ? [400, 405] : [405]) },
  },
});

const formatParameter: JsonObject = {
  name: 'format',
  in: 'query',
  schema: { type: 'string', enum: ['json', 'text'] },
  description: '`text`: a table for people. Default: `json`.',
};

export const fixedPaths: Readonly<Record<string, JsonObject>> = {
  '/health': open('getHealth', 'The state in short', {
    200: health('Well, or with circuits open (`warn`)'),
    503: health('Starting or draining'),
  }),
  '/health/live': open('getLiveness', 'Whether the process runs', { 200: health('It runs') }),
  '/health/ready': open('getReadiness', 'Whether to send it requests', { 200: health('Ready'), 503: health('Starting or draining') }),
  '/health/detailed': open(
    'getDetailedHealth',
    'Every circuit, quota and cache and the queue, with the routes affected',
    { 200: health('Well, or with circuits open (`warn`)'), 503: health('Starting or draining') },
    [formatParameter],
  ),
  '/metrics': open('getMetrics', 'Figures for Prometheus', { 200: text('Text format, or OpenMetrics on request') }),
  '/openapi.json': open('getOpenApi', 'This document', { 200: answer('OpenAPI 3.1', 'application/json', { type: 'object' }) }),
};
