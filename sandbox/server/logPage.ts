/**
 * The request log as a page: what `GET /_requests` tells, for eyes. No script, and nothing from elsewhere; it reloads itself
 * only for those who ask for that, because a page that changes under one's hands is hard to read.
 */
import { readFileSync } from 'node:fs';
import type { Reply } from './reply.ts';
import type { RequestEntry, RequestLog } from './requestLog.ts';

const SHOWN = 200;
const INTERVALS: readonly string[] = ['2', '5', '30'];

const headers = {
  'content-security-policy': "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escaped = (text: string): string => text.replace(/[&<>"']/gu, (character) => ENTITIES[character] ?? '');

const option = (value: string, label: string, chosen: string): string =>
  `<option value="${escaped(value)}"${value === chosen ? ' selected' : ''}>${escaped(label)}</option>`;

const row = ({ time, service, method, path, fault, status }: RequestEntry): string => {
  const said = status === null ? 'none yet' : String(status);
  const cells = [service, method, path, fault, said].map((cell) => `<td>${escaped(cell)}</td>`).join('');
  return `<tr><td><time datetime="${escaped(time)}">${escaped(time.slice(11, 23))}</time></td>${cells}</tr>`;
};

const form = (names: readonly string[], service: string, refresh: string): string => {
  const services = [option('', 'all', service), ...names.map((name) => option(name, name, service))].join('');
  const intervals = [option('', 'never', refresh), ...INTERVALS.map((count) => option(count, `every ${count} seconds`, refresh))].join('');
  return `<form action="/_log">
<label for="service">Service</label> <select id="service" name="service">${services}</select>
<label for="refresh">Reload</label> <select id="refresh" name="refresh">${intervals}</select>
<button>Show</button>
</form>`;
};

const table = (entries: readonly RequestEntry[], total: number, forgotten: number): string => {
  const older = forgotten === 0 ? '' : `, ${String(forgotten)} older ones are forgotten`;
  const caption = `Newest first: ${String(entries.length)} of ${String(total)} requests${older}`;
  const heads = ['Time (UTC)', 'Service', 'Method', 'Path', 'Fault', 'Status'].map((head) => `<th scope="col">${head}</th>`).join('');
  return `<table><caption>${caption}</caption><thead><tr>${heads}</tr></thead><tbody>${entries.map(row).join('\n')}</tbody></table>`;
};

interface LogPageParts {
  readonly requests: RequestLog;
  /** Of all services. */
  readonly names: readonly string[];
  /** The one to show; all without. */
  readonly service: string | undefined;
  /** Seconds, or empty; what is not on offer counts as empty. */
  readonly refresh: string;
}

export const logPage = ({ requests, names, service, refresh }: LogPageParts): Reply => {
  const interval = INTERVALS.includes(refresh) ? refresh : '';
  const { requests: entries, forgotten } = requests.list(service);
  const newest = entries.slice(-SHOWN).reverse();
  const body = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
${interval === '' ? '' : `<meta http-equiv="refresh" content="${interval}">`}
<title>Requests to the sandbox</title>
<link rel="stylesheet" href="/_log.css">
</head>
<body>
<main>
<h1>Requests to the sandbox</h1>
${form(names, service ?? '', interval)}
${newest.length === 0 ? '<p>No request yet.</p>' : table(newest, entries.length, forgotten)}
</main>
</body>
</html>
`;
  return { status: 200, body, headers: { ...headers, 'content-type': 'text/html; charset=utf-8' } };
};

export const logStyle: Reply = {
  status: 200,
  body: readFileSync(new URL('./log.css', import.meta.url), 'utf8'),
  headers: { ...headers, 'content-type': 'text/css; charset=utf-8' },
};
