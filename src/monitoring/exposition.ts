/**
 * The two forms of a scrape. prom-client writes OpenMetrics by renaming its counters for good, so that a registry which was
 * asked for it once no longer writes the plain text. Hence the plain text is written, and turned into OpenMetrics here.
 */
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

const TEXT = 'text/plain; version=0.0.4; charset=utf-8';
const OPEN_METRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** The weight of a media range: 1 unless said otherwise, 0 for nonsense. */
const quality = (parameters: readonly string[]): number => {
  const [given] = parameters.flatMap((parameter) => /^\s*q\s*=(.*)$/iu.exec(parameter)?.[1] ?? []);
  return given === undefined ? 1 : Number(given) || 0;
};

/** Of a media type in `Accept`, or of a coding in `Accept-Encoding`; 0 where it is not named. */
const weightOf = (accept: string, type: string): number =>
  Math.max(
    0,
    ...accept
      .split(',')
      .map((range) => range.split(';'))
      .filter(([name]) => name?.trim().toLowerCase() === type)
      .map(([, ...parameters]) => quality(parameters)),
  );

/** OpenMetrics only where it is named and nothing plainer is preferred. */
export const wantsOpenMetrics = (accept: string | undefined): boolean => {
  if (accept === undefined) return false;
  const weight = weightOf(accept, 'application/openmetrics-text');
  return weight > 0 && weight >= weightOf(accept, 'text/plain');
};

/** Scrapes shrink to a twentieth, and Prometheus asks for it. */
export const wantsGzip = (acceptEncoding: string | undefined): boolean =>
  acceptEncoding !== undefined && weightOf(acceptEncoding, 'gzip') > 0;

const TOTAL = '_total';

/**
 * A counter's family loses `_total` and its samples keep it; no line is empty; the end is marked. A counter that was never
 * called `_total` (opossum-prometheus' `circuit`) becomes a metric of unknown type: renamed, boards would not find it.
 */
const toOpenMetrics = (text: string): string => {
  const lines = text.split('\n').filter((line) => line !== '');
  const counters = new Set(lines.flatMap((line) => /^# TYPE (\S+) counter$/u.exec(line)?.[1] ?? []));
  const converted = lines.map((line) => {
    const [, keyword = '', name = '', rest = ''] = /^# (HELP|TYPE) (\S+)((?:\s.*)?)$/u.exec(line) ?? [];
    if (!counters.has(name)) return line;
    if (name.endsWith(TOTAL)) return `# ${keyword} ${name.slice(0, -TOTAL.length)}${rest}`;
    return keyword === 'TYPE' ? `# TYPE ${name} unknown` : line;
  });
  return `${converted.join('\n')}\n# EOF\n`;
};

/** @param text A scrape in the plain text form. */
export const expose = (text: string, accept: string | undefined): Exposition =>
  wantsOpenMetrics(accept) ? { contentType: OPEN_METRICS, body: toOpenMetrics(text) } : { contentType: TEXT, body: text };
