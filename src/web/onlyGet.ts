import type { RequestHandler, Router } from 'express';
import { MethodNotAllowedError } from '../errors/requestErrors.ts';
import { contextOf } from './requestContext.ts';
import { sendAnswer } from './sendAnswer.ts';

const ALLOWED = ['GET', 'HEAD', 'OPTIONS'];

/** Serves a fixed path by GET and HEAD, and tells other methods so. */
export const onlyGet = (router: Router, path: string, handle: RequestHandler): Router =>
  router.get(path, handle).all(path, (req, res, next) => {
    contextOf(res).route = path;
    if (req.method === 'OPTIONS') sendAnswer(res, { status: 204, headers: ['Allow', ALLOWED.join(', ')] });
    else next(new MethodNotAllowedError(req.method, ALLOWED));
  });
