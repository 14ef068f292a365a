import { expect } from 'chai';
import type { IncomingHttpHeaders } from 'node:http';
import type { Fault } from '../../../src/errors/requestErrors.ts';
import type { Answer, CallOptions } from '../../../src/contract/call.ts';
import { AnswerNote } from '../../../src/web/answerNote.ts';
import { callOptions } from '../../../src/web/callOptions.ts';
import { CallerSignal } from '../../../src/web/callerSignal.ts';

const read = (headers: IncomingHttpHeaders): { options: CallOptions; faults: readonly Fault[] } => {
  const faults: Fault[] = [];
  const options = callOptions({ headers, signal: new AbortController().signal, note: new AnswerNote(), caller: 'crm', faults });
  return { options, faults };
};

describe('call options', () => {
  for (const [value, deadlineMs] of [
    ['2.5', 2500],
    ['120', 120_000],
    ['0.05', 50],
  ] as const) {
    it(`take X-Request-Timeout: ${value} as the caller's patience`, () => {
      expect(read({ 'x-request-timeout': value }).options.deadlineMs).to.equal(deadlineMs);
    });
  }

  for (const value of ['0', '-1', '120.1', '1e1', 'soon', '', '1,5', 'Infinity', ' 5']) {
    it(`refuse X-Request-Timeout: "${value}"`, () => {
      const { options, faults } = read({ 'x-request-timeout': value });

      expect(faults.map(({ at }) => at)).to.deep.equal(['header x-request-timeout']);
      expect(options).not.to.have.property('deadlineMs');
    });
  }

  for (const [header, value, deadlineMs] of [
    ['x-request-deadline', '2500', 2500],
    ['x-request-deadline', '120000', 120_000],
    ['grpc-timeout', '2500m', 2500],
    ['grpc-timeout', '2S', 2000],
    ['grpc-timeout', '1M', 60_000],
    ['grpc-timeout', '99999999u', 99_999.999],
    ['grpc-timeout', '5000000n', 5],
  ] as const) {
    it(`take ${header}: ${value} as the caller's patience, too`, () => {
      expect(read({ [header]: value }).options.deadlineMs).to.be.closeTo(deadlineMs, 1e-6);
    });
  }

  for (const [header, value] of [
    ...['0', '-1', '120001', '2.5', '1e3', 'soon', '', '2500m', '1234567890', '100,200'].map(
      (each) => ['x-request-deadline', each] as const,
    ),
    ...['0m', '-1S', '121S', '3M', '1H', '2.5S', '100', '100ms', '123456789n', 'S', ''].map((each) => ['grpc-timeout', each] as const),
  ]) {
    it(`refuse ${header}: "${value}"`, () => {
      const { options, faults } = read({ [header]: value });

      expect(faults.map(({ at }) => at)).to.deep.equal([`header ${header}`]);
      expect(options).not.to.have.property('deadlineMs');
    });
  }

  it('take the shortest of several patiences, and refuse the malformed one among them', () => {
    const all = { 'x-request-timeout': '3', 'x-request-deadline': '2000', 'grpc-timeout': '2500m' };

    const shortest = read(all);
    const spoilt = read({ ...all, 'x-request-deadline': 'soon' });

    expect(shortest.options.deadlineMs).to.equal(2000);
    expect(shortest.faults).to.deep.equal([]);
    expect(spoilt.faults.map(({ at }) => at)).to.deep.equal(['header x-request-deadline']);
  });

  it('hand on no header of the caller', () => {
    const { options } = read({ 'x-request-deadline': '2000', 'grpc-timeout': '2S', 'x-request-timeout': '2' });

    expect(options).not.to.have.property('headers');
  });

  for (const prefer of ['handling=strict', 'respond-async, handling=strict', 'Handling="strict"; wait=1', 'wait=5,handling = strict']) {
    it(`are strict for Prefer: ${prefer}`, () => {
      expect(read({ prefer }).options.strict).to.equal(true);
    });
  }

  for (const prefer of ['handling=lenient', 'mishandling=strict', 'handling=stricter', '']) {
    it(`are not strict for Prefer: "${prefer}"`, () => {
      expect(read({ prefer }).options.strict).to.equal(false);
    });
  }

  it('refresh for no-cache and for what amounts to it', () => {
    const controls = ['no-cache', 'max-age=0', 'no-transform, No-Cache', 'no-store', 'max-age=60', 'x-no-cache'];

    const refreshed = controls.filter((control) => read({ 'cache-control': control }).options.refresh);

    expect(refreshed).to.deep.equal(controls.slice(0, 4));
  });
});

const headersFor = (answers: readonly Omit<Answer<unknown>, 'value'>[], refreshed = false): readonly string[] => {
  const note = new AnswerNote();
  for (const answer of answers) note.note(answer);
  const headers: string[] = [];
  note.appendTo(headers, refreshed);
  return headers;
};

describe('answer note', () => {
  it('tells a fresh hit with its age and the time it has left', () => {
    expect(headersFor([{ source: 'cache', ageMs: 3999, freshForMs: 26_500 }])).to.deep.equal([
      ...['Cache-Status', 'sales-auto-api; hit; ttl=26'],
      ...['Age', '3'],
    ]);
  });

  it('tells a stale answer by a negative time to live', () => {
    expect(headersFor([{ source: 'stale', ageMs: 412_000, freshForMs: -112_000 }])).to.deep.equal([
      ...['Cache-Status', 'sales-auto-api; hit; ttl=-112; detail=stale-if-error'],
      ...['Age', '412'],
    ]);
  });

  it('tells a miss, a refresh, a shared flight and the answer of last resort', () => {
    const fresh = { source: 'upstream', ageMs: 0, freshForMs: 30_000 } as const;

    expect(headersFor([fresh])).to.include('sales-auto-api; fwd=miss');
    expect(headersFor([fresh], true)).to.include('sales-auto-api; fwd=request');
    expect(headersFor([{ source: 'coalesced', ageMs: 0 }])).to.include('sales-auto-api; fwd=miss; collapsed');
    expect(headersFor([{ source: 'static', ageMs: 0 }])).to.include('sales-auto-api; fwd=miss; detail=static-fallback');
  });

  it('says nothing about operations that are never cached', () => {
    expect(headersFor([{ source: 'upstream', ageMs: 0 }])).to.deep.equal([]);
  });

  it('reports the least fresh of several answers', () => {
    const headers = headersFor([
      { source: 'cache', ageMs: 1000, freshForMs: 9000 },
      { source: 'stale', ageMs: 20_000, freshForMs: -10_000 },
      { source: 'stale', ageMs: 15_000, freshForMs: -5000 },
      { source: 'upstream', ageMs: 0, freshForMs: 10_000 },
    ]);

    expect(headers).to.deep.equal(['Cache-Status', 'sales-auto-api; hit; ttl=-10; detail=stale-if-error', 'Age', '20']);
  });
});

describe('caller signal', () => {
  it('aborts calls when the caller hangs up', () => {
    const caller = new CallerSignal();
    const { signal } = caller;

    caller.hangUp();

    expect(signal.aborted).to.equal(true);
  });

  it('is aborted from the start for a caller that left before the call', () => {
    const caller = new CallerSignal();

    caller.hangUp();

    expect(caller.signal.aborted).to.equal(true);
    expect(caller.gone).to.equal(true);
  });
});
