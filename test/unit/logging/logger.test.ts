import { expect } from 'chai';
import { Secret } from '../../../src/config/secret.ts';
import { UpstreamUnavailableError } from '../../../src/errors/upstreamErrors.ts';
import { createLogger, silentLogger, type Logger } from '../../../src/logging/logger.ts';

/** A logger and the lines it has written. */
const record = (level: 'debug' | 'warn' | 'silent' = 'debug') => {
  const lines: string[] = [];
  const destination = { write: (text: string): void => void lines.push(text) };
  const logger: Logger = createLogger({ level, version: '1.2.3', destination });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') as Record<string, unknown> };
};

describe('createLogger', () => {
  it('writes one JSON line with level, time, version, fields and message', () => {
    const { logger, lines, last } = record();

    logger.info({ circuit: 'hubspot', count: 3 }, 'circuit opened');

    expect(lines).to.have.length(1);
    expect(lines[0]?.endsWith('\n')).to.equal(true);
    expect(last()).to.include({ level: 'info', version: '1.2.3', circuit: 'hubspot', count: 3, msg: 'circuit opened' });
    expect(last()['time']).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('leaves out what is below its level, and everything when silent', () => {
    const warning = record('warn');
    const silent = record('silent');

    for (const { logger } of [warning, silent]) {
      logger.debug({}, 'a');
      logger.info({}, 'b');
      logger.warn({}, 'c');
      logger.error({}, 'd');
    }

    expect(warning.lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).to.deep.equal(['c', 'd']);
    expect(silent.lines).to.deep.equal([]);
  });

  it('gives the fields of a child to all its lines, cleaned as well', () => {
    const { logger, last } = record();

    logger.child({ requestId: 'req-1', authorization: 'canary' }).child({ route: '/api' }).warn({ n: 1 }, 'slow');

    expect(last()).to.include({ requestId: 'req-1', authorization: '[redacted]', route: '/api', n: 1 });
  });

  it('hides forbidden names at any depth, in lists and in any spelling', () => {
    const { logger, lines } = record();
    const names = [
      'authorization',
      'Authorization',
      'api_key',
      'apiKey',
      'x-api-key',
      'X-Kit-Api-Key',
      'password',
      'secret',
      'token',
      'email',
      'phone',
      'firstName',
      'last_name',
      'set-cookie',
    ];

    for (const name of names) {
      logger.info({ [name]: 'canary', a: { [name]: 'canary', b: [{ c: { [name]: { deep: 'canary' } } }] } }, 'x');
    }

    expect(lines).to.have.length(names.length);
    expect(lines.join()).not.to.contain('canary');
  });

  it('hides credentials and addresses inside texts, in fields and in the message', () => {
    const { logger, lines } = record();
    const texts = [
      'Authorization: Bearer canary.abc',
      'Basic Y2FuYXJ5==',
      'key pat-na1-canary-1234',
      'SG.canary12345.x',
      'canary@example.com',
      'https://canary:canary@host/',
      'GET /contacts?email=canary',
    ];

    for (const text of texts) logger.info({ text }, text);

    expect(lines).to.have.length(texts.length);
    expect(lines.join()).not.to.match(/canary|Y2FuYXJ5/);
    expect(lines.at(-1)).to.contain('GET /contacts?[redacted]');
  });

  for (const character of ['\u001b', '\n', '\r', '\u007f', '\u009b', '\u2028', '\u202e']) {
    it(`writes ${JSON.stringify(character)} in a field or a message as an escape, on one line`, () => {
      const { logger, lines } = record();

      logger.warn({ reason: `over${character}[2Jall is well` }, `circuit${character}changed`);

      expect(lines).to.have.length(1);
      expect(lines[0]?.trimEnd()).to.not.include(character);
      expect(lines[0]?.slice(0, -1)).to.match(/^\P{Cc}*$/u);
    });
  }

  it('prints a secret as redacted', () => {
    const { logger, last } = record();

    logger.info({ held: new Secret('canary') }, 'x');

    expect(last()['held']).to.equal('[redacted]');
  });

  it('prints name, code, message, stack and causes of an error of ours', () => {
    const { logger, last } = record();
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const site = { service: 'hubspot', operation: 'get_contact' };

    logger.error({ error: new UpstreamUnavailableError(site, 'connect', 'not_sent', undefined, { cause }) }, 'call failed');

    const error = last()['error'] as Record<string, unknown>;
    expect(error).to.include({
      name: 'UpstreamUnavailableError',
      code: 'upstream_unavailable',
      message: 'hubspot get_contact: unavailable (connect)',
    });
    expect(error['stack']).to.match(/^at .*logger\.test\.ts/s);
    expect(error['cause']).to.include({ name: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' });
  });

  it('never prints what a library hangs on its errors, wherever the error stands', () => {
    const { logger, lines } = record();
    const foreign = Object.assign(new Error('Request failed'), {
      config: { headers: { 'x-thing': 'canary' } },
      response: { data: 'canary' },
      request: 'canary',
      code: 'canary with spaces',
    });

    logger.error({ error: foreign, list: [foreign], wrapped: new Error('outer', { cause: foreign }) }, 'x');

    expect(lines.join()).to.contain('Request failed').and.not.contain('canary');
  });

  it('does not print the message of a parser, which quotes its input', () => {
    const { logger, last } = record();
    const unreadable = (): unknown => JSON.parse('{"name": canary}');

    try {
      unreadable();
    } catch (error) {
      logger.error({ error }, 'x');
    }

    expect(JSON.stringify(last())).to.contain('SyntaxError').and.not.contain('canary');
  });

  it('survives circles, great depth, errors that cause themselves, and odd values', () => {
    const { logger, last } = record();
    const circle: Record<string, unknown> = { big: 10n, none: null };
    circle['self'] = circle;
    const deep = { a: { a: { a: { a: { a: { a: { a: 'bottom' } } } } } } };
    const ouroboros = new Error('tail');
    ouroboros.cause = ouroboros;

    logger.info({ circle, deep, ouroboros }, 'x');

    expect(last()['circle']).to.deep.equal({ big: '10', none: null, self: '[circular]' });
    expect(JSON.stringify(last()['deep'])).to.contain('[too deep]').and.not.contain('bottom');
  });

  it('leaves what it was given as it was', () => {
    const { logger } = record();
    const fields = { headers: { authorization: 'kept' } };

    logger.info(fields, 'x');

    expect(fields).to.deep.equal({ headers: { authorization: 'kept' } });
  });
});

describe('silentLogger', () => {
  it('takes everything and has silent children', () => {
    silentLogger.debug({}, 'a');
    silentLogger.info({}, 'a');
    silentLogger.warn({}, 'a');
    silentLogger.error({}, 'a');

    expect(silentLogger.child({ any: 1 })).to.equal(silentLogger);
  });
});
