/**
 * Contexts of calls, for stages that are tried without an HTTP client around them.
 */
import type { Answer, CallContext } from '../../src/contract/call.ts';
import { upstreamPath } from '../../src/pipeline/upstreamPath.ts';
import { systemClock } from '../../src/time/clock.ts';

/** A patient call of an operation that may be repeated and is not cached, with whatever a test wants otherwise. */
export const contextOf = (wishes: Partial<CallContext> = {}): CallContext => ({
  site: { service: 'hubspot', operation: 'get_contact' },
  request: { path: upstreamPath`/contacts/7` },
  wire: { method: 'GET', origin: 'https://api.acme.test', path: '/contacts/7', headers: {}, body: undefined },
  hasOwnHeaders: false,
  idempotency: 'safe',
  signal: new AbortController().signal,
  callerSignal: undefined,
  deadlineAt: systemClock.now() + 10_000,
  attemptTimeoutMs: 4000,
  service: { deadlineMs: 10_000, attemptTimeoutMs: 4000 },
  lane: 'interactive',
  callers: [],
  strict: false,
  refresh: false,
  cacheKey: undefined,
  cacheForMs: 0,
  staleForMs: 0,
  progress: { attempts: 0, unsettled: false },
  ...wishes,
});

/** An answer fresh from the service. */
export const answerOf = <T>(value: T): Answer<T> => ({ value, source: 'upstream', ageMs: 0 });
