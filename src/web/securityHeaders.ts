/**
 * Security headers. helmet decides them; what it says does not depend on the request, so the answers of the API
 * are given a list made once instead of a dozen calls each.
 */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** What a handler of helmet sets, on a response that goes nowhere: names (in lower case) and values in turn, as `writeHead` takes them. */
const recorded = (handler: ReturnType<typeof helmet>): readonly string[] => {
  const req = new IncomingMessage(new Socket());
  const res = new ServerResponse(req);
  handler(req, res, (error) => {
    if (error !== undefined) throw new Error('helmet refused its options', { cause: error });
  });
  return res.getHeaderNames().flatMap((name) => [name, String(res.getHeader(name))]);
};

/** For JSON: nothing may be loaded, framed, sniffed or kept. What only matters to pages is left out. */
export const apiSecurityHeaders: readonly string[] = recorded(
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xFrameOptions: { action: 'deny' },
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  }),
);

/**
 * For pages: helmet's defaults. Only `upgrade-insecure-requests` is left out: this process speaks plain HTTP, and a
 * page that sends its own scripts to https would stay blank wherever no proxy adds TLS.
 */
export const pageSecurityHeaders = (): RequestHandler =>
  helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
