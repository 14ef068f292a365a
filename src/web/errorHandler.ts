/**
 * The end of the chain: whatever was thrown becomes a problem document.
 */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { NotFoundError } from '../errors/requestErrors.ts';
import { asGatewayError } from './expressErrors.ts';
import { problemAnswer, toProblem } from './problem.ts';
import { contextOf } from './requestContext.ts';
import { sendAnswer } from './sendAnswer.ts';

/** Stands after all routes. */
export const notFound: RequestHandler = (_req, _res, next) => {
  next(new NotFoundError('there is nothing at this path; /openapi.json lists what there is'));
};

/**
 * Stands last. An error after the headers can only be shown by cutting the connection.
 *
 * Express knows error handlers by their four parameters, so the unused ones stay.
 */
export const errorHandler: ErrorRequestHandler = (thrown: unknown, _req, res, _next) => {
  const context = contextOf(res);
  const error = asGatewayError(thrown);
  const problem = toProblem(error, { requestId: context.id });
  context.problem = problem.body.code;
  if (problem.status === 500) context.log.error({ route: context.route, error }, 'request failed unexpectedly');
  if (res.headersSent) res.destroy();
  else sendAnswer(res, problemAnswer(problem));
};
