/**
 * `/metrics`, for Prometheus. Open to whoever reaches the port: labels hold no ids, addresses or secrets.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Router } from 'express';
import { wantsGzip } from '../monitoring/exposition.ts';
import { onlyGet } from '../web/onlyGet.ts';
import { contextOf } from '../web/requestContext.ts';
import { sendAnswer } from '../web/sendAnswer.ts';

/** Where the figures come from. */
export interface MetricsSource {
  /** @param accept The request's Accept header: OpenMetrics if it asks for that, plain text otherwise. */
  render(accept?: string): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Off the event loop. */
const compress = promisify(gzip);

export const metricsRouter = (source: MetricsSource): Router =>
  onlyGet(Router(), '/metrics', async (req, res) => {
    const context = contextOf(res);
    context.route = '/metrics';
    context.quiet = true;
    const { contentType, body } = await source.render(req.headers.accept);
    const isCompressed = wantsGzip(req.headers['accept-encoding']);
    sendAnswer(res, {
      status: 200,
      contentType,
      headers: ['Vary', 'Accept, Accept-Encoding', ...(isCompressed ? ['Content-Encoding', 'gzip'] : [])],
      body: isCompressed ? await compress(body) : body,
    });
  });
