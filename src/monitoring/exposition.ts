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

const SUFFIX = /_total$/u;

/** A counter's family loses `_total`, its samples must have it; no line is empty; the end is marked. */
const toOpenMetrics = (text: string): string => {
  const counters = new Set([...text.matchAll(/^# TYPE (\S+) counter$/gmu)].map(([, name]) => name ?? ''));
  const family = (name: string): string => (counters.has(name) ? name.replace(SUFFIX, '') : name);
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const comment = /^# (HELP|TYPE) (\S+)(.*)$/u.exec(line);
      if (comment !== null) return `# ${comment[1] ?? ''} ${family(comment[2] ?? '')}${comment[3] ?? ''}`;
      const name = /^[^{ ]+/u.exec(line)?.[0] ?? '';
      return counters.has(name) ? `${family(name)}_total${line.slice(name.length)}` : line;
    });
  return `${lines.join('\n')}\n# EOF\n`;
};

/** @param text A scrape in the plain text form. */
export const expose = (text: string, accept: string | undefined): Exposition =>
  wantsOpenMetrics(accept) ? { contentType: OPEN_METRICS, body: toOpenMetrics(text) } : { contentType: TEXT, body: text };
