/**
 * `/openapi.json` and the pages that show it. Nothing is loaded from elsewhere, and no script stands in a page, so
 * that they work offline and under a strict content security policy.
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Router, static as serveStatic, type RequestHandler } from 'express';
import type { ErrorCode } from '../errors/gatewayError.ts';
import { onlyGet } from '../web/onlyGet.ts';
import { problemKinds } from '../web/problemKinds.ts';
import { contextOf } from '../web/requestContext.ts';
import { pageSecurityHeaders } from '../web/securityHeaders.ts';
import { sendAnswer } from '../web/sendAnswer.ts';

const swaggerUi = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
/** Of the package's files, the two a page needs. */
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js'];

const page = (title: string, head: string, body: string): string =>
  `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>${title}</title>\n` +
  `<meta name="viewport" content="width=device-width, initial-scale=1">\n${head}\n</head>\n<body>\n${body}\n</body>\n</html>\n`;

const apiPage = page(
  'sales-auto-api',
  '<link rel="stylesheet" href="/docs/assets/swagger-ui.css">',
  '<div id="swagger-ui"></div>\n<script src="/docs/assets/swagger-ui-bundle.js"></script>\n<script src="/docs/init.js"></script>',
);

/** `validatorUrl: null` keeps the page from asking an online validator. */
const INIT_SCRIPT = `window.addEventListener('load', () => {
  window.SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });
});
`;

/** The table holds nothing but our own constants; backticks are its only markup. */
const marked = (text: string): string => text.replaceAll('<', '&lt;').replaceAll(/`([^`]+)`/gu, '<code>$1</code>');

const problemRow = (code: ErrorCode): string => {
  const { status, title, advice } = problemKinds[code];
  return `<tr id="${code}"><td><code>${code}</code></td><td>${String(status)}</td><td>${title}</td><td>${marked(advice)}</td></tr>`;
};

const problemsPage = (): string => {
  const rows = (Object.keys(problemKinds) as ErrorCode[]).map(problemRow).join('\n');
  const head = '<tr><th>code</th><th>status</th><th>title</th><th>what to do</th></tr>';
  return page('Problems', '', `<h1>Problems</h1>\n<table>\n${head}\n${rows}\n</table>`);
};

const sendsPage =
  (route: string, type: string, text: string): RequestHandler =>
  (_req, res) => {
    contextOf(res).route = route;
    res.type(type).send(text);
  };

/** What `sendAnswer` does for answers, for files and pages, which Express sends. */
const pageHeaders: RequestHandler = (_req, res, next) => {
  const context = contextOf(res);
  res.setHeader('X-Request-Id', context.id);
  if (context.isDraining) res.setHeader('Connection', 'close');
  next();
};

const assets = (): Router => {
  const serve = serveStatic(swaggerUi, { index: false, maxAge: '1h' });
  return Router().get('/:file', (req, res, next) => {
    if (!ASSETS.includes(req.params.file)) {
      next();
      return;
    }
    contextOf(res).route = '/docs/assets/:file';
    serve(req, res, next);
  });
};

const pages = (): Router =>
  Router()
    .use(pageHeaders, pageSecurityHeaders())
    .use('/assets', assets())
    .get('/init.js', sendsPage('/docs/init.js', 'js', INIT_SCRIPT))
    .get('/problems', sendsPage('/docs/problems', 'html', problemsPage()))
    .get('/', sendsPage('/docs', 'html', apiPage));

/** @param document The OpenAPI document; serialised once. */
export const docsRouter = (document: unknown): Router => {
  const plain = Buffer.from(JSON.stringify(document));
  const zipped = gzipSync(plain);
  const router = Router();
  onlyGet(router, '/openapi.json', (req, res) => {
    contextOf(res).route = '/openapi.json';
    const isZipped = req.acceptsEncodings('gzip') === 'gzip';
    const headers = ['Vary', 'Accept-Encoding', ...(isZipped ? ['Content-Encoding', 'gzip'] : [])];
    sendAnswer(res, { status: 200, headers, body: isZipped ? zipped : plain });
  });
  return router.use('/docs', pages());
};
