/**
 * One request of one route: read its input, run its handler, send what comes of it.
 */
import type { Request, RequestHandler, Response } from 'express';
import { QueueUnavailableError } from '../errors/queueErrors.ts';
import { InvalidRequestError, type Fault } from '../errors/requestErrors.ts';
import { nextTurn } from '../time/nextTurn.ts';
import { AnswerNote } from './answerNote.ts';
import { callOptions } from './callOptions.ts';
import { idempotencyKeyIn, keyedRequest, type KeyedRequest } from './idempotencyKey.ts';
import type { OnceOnly } from './onceOnly.ts';
import { parseInput } from './parseInput.ts';
import { preferencesIn } from './prefer.ts';
import { queuedAnswer } from './queuedAnswer.ts';
import { contextOf } from './requestContext.ts';
import { isWrite, type Caller, type Reply, type Route, type RouteInput } from './route.ts';
import { encoded, jsonText, sendAnswer, type OutgoingAnswer } from './sendAnswer.ts';

type AnyInput = RouteInput<never, never, never>;

interface ReadRequest {
  readonly input: AnyInput;
  readonly note: AnswerNote;
  readonly respondAsync: boolean;
  /** Absent where the request bears no Idempotency-Key. */
  readonly keyed: KeyedRequest | undefined;
}

const refuseFaults = (faults: readonly Fault[]): void => {
  if (faults.length === 0) return;
  const places = faults.length === 1 ? (faults[0]?.at ?? '') : `${String(faults.length)} places`;
  throw new InvalidRequestError(`the request is not valid: see ${places}`, faults);
};

/** Only writes are made once: a read may be repeated anyway, so its key is not looked at. */
const readKey = (route: Route, req: Request, res: Response, caller: Caller, faults: Fault[]): Promise<KeyedRequest> | undefined => {
  const key = isWrite(route.scope) ? idempotencyKeyIn(req.headers['idempotency-key'], faults) : undefined;
  if (key === undefined) return undefined;
  const { method, query, body } = req as { readonly method: string; readonly query: unknown; readonly body: unknown };
  const template = contextOf(res).route ?? route.path;
  return keyedRequest(key, { caller: caller.id, method, route: template, path: req.baseUrl + req.path, query, body });
};

/** @throws {InvalidRequestError} with every fault of path, query, body and headers at once. */
const readRequest = async (route: Route, req: Request, res: Response): Promise<ReadRequest> => {
  const [faults, note, context] = [[] as Fault[], new AnswerNote(), contextOf(res)];
  const caller = context.identity ?? nobody();
  const keyed = await readKey(route, req, res, caller, faults);
  // Work behind a key goes on without its caller: the repeat is given the answer, instead of a doubt.
  const signal = keyed === undefined ? context.caller.signal : undefined;
  const write = isWrite(route.scope) ? { owner: caller.id, requestId: context.id, jobId: keyed?.jobId } : undefined;
  const input = {
    params: parseInput(route.params, req.params, 'params', faults),
    query: parseInput(route.query, route.query && req.query, 'query', faults),
    body: parseInput(route.body, req.body, 'body', faults),
    call: callOptions({ headers: req.headers, signal, note, caller: caller.id, faults, write }),
    caller,
    requestId: context.id,
  };
  refuseFaults(faults);
  return { input: input as AnyInput, note, keyed, respondAsync: preferencesIn(req.headers).respondAsync };
};

const nobody = (): never => {
  throw new Error('a route ran before its caller was admitted');
};

const directAnswer = async (route: Route, reply: Reply, { input: { call }, note }: ReadRequest): Promise<OutgoingAnswer> => {
  const { status = route.status, headers: own = {}, body } = reply;
  const headers = Object.entries(own).flat();
  note.appendTo(headers, call.refresh === true);
  if (call.strict === true) headers.push('Preference-Applied', 'handling=strict');
  return { status, headers, ...(body !== undefined && { body: await jsonText(body) }) };
};

/** A write of the request waits: then so does its whole answer, whatever status the handler had in mind. */
const answerTo = async (route: Route, reply: Reply, request: ReadRequest): Promise<OutgoingAnswer> => {
  const { queued } = request.note;
  if (queued === undefined) return directAnswer(route, reply, request);
  const { headers = [], ...answer } = queuedAnswer(queued, reply);
  return { ...answer, headers: [...headers, ...(request.respondAsync ? ['Preference-Applied', 'respond-async'] : [])] };
};

const respond = async (res: Response, answer: OutgoingAnswer): Promise<void> => {
  sendAnswer(res, { ...answer, body: await encoded(answer.body) });
};

/**
 * @param once Absent where nothing can be remembered: then a request with an Idempotency-Key is refused, not run without it.
 */
export const runRoute =
  (route: Route, once: OnceOnly | undefined): RequestHandler =>
  async (req, res) => {
    const request = await readRequest(route, req, res);
    // Checking thousands of values, and working with them, is not done in one turn of the event loop.
    if (route.maxBodyValues !== undefined) await nextTurn();
    const run = async (): Promise<OutgoingAnswer> => answerTo(route, await route.handle(request.input), request);
    if (request.keyed === undefined) await respond(res, await run());
    else if (once === undefined) throw new QueueUnavailableError('there is no store for the Idempotency-Key');
    else await respond(res, await once.answer(request.keyed, contextOf(res), run));
  };
