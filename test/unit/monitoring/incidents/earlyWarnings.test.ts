import { expect } from 'chai';
import { EarlyWarnings, type WarningScored, type WarningSource } from '../../../../src/monitoring/incidents/earlyWarnings.ts';
import type { AttemptEnded } from '../../../../src/contract/events.ts';

interface Heard {
  readonly warned: WarningSource[];
  readonly scored: WarningScored[];
  readonly muted: WarningSource[];
}

const listen = (): { readonly early: EarlyWarnings; readonly heard: Heard } => {
  const heard: Heard = { warned: [], scored: [], muted: [] };
  const early = new EarlyWarnings({
    warned: (warning) => heard.warned.push(warning),
    scored: (warning) => heard.scored.push(warning),
    muted: (source) => heard.muted.push(source),
  });
  return { early, heard };
};

const attempt = (durationMs: number, outcome: AttemptEnded['outcome'] = 'success'): AttemptEnded => ({
  service: 'hubspot',
  operation: 'get_contact',
  attempt: 'first',
  outcome,
  durationMs,
});

const repeat = (early: EarlyWarnings, times: number, event: AttemptEnded, now: number): void => {
  for (let index = 0; index < times; index += 1) early.attemptEnded(event, now);
};

/** Learns what is usual: about 100 ms. */
const learn = (early: EarlyWarnings): void => {
  for (let index = 0; index < 200; index += 1) early.attemptEnded(attempt(90 + (index % 5) * 5), 0);
};

describe('Early warnings', () => {
  it('warn of a circuit that is half-way to opening', () => {
    const { early, heard } = listen();

    early.suspected('hubspot', 0.49, 0);
    early.suspected('hubspot:search', 0.5, 1);

    expect(heard.warned).to.deep.equal([{ service: 'hubspot', detector: 'suspicion' }]);
    expect(early.pending).to.deep.equal([{ service: 'hubspot', detector: 'suspicion', warnedAt: 1 }]);
  });

  it('warn of a service that becomes slower', () => {
    const { early, heard } = listen();
    learn(early);

    repeat(early, 10, attempt(300), 1000);

    expect(heard.warned).to.deep.equal([{ service: 'hubspot', detector: 'latency' }]);
  });

  it('warn of a quota that runs out', () => {
    const { early, heard } = listen();

    early.quotaSeen('hubspot', 'day', { limit: 100, remaining: 4 }, 0, 0);

    expect(heard.warned).to.deep.equal([{ service: 'hubspot', detector: 'quota' }]);
  });

  it('warn of a bulkhead that has been crowded for five seconds', () => {
    const { early, heard } = listen();

    early.crowded('hubspot', true, 1000);
    early.settle(5999);
    const before = [...heard.warned];
    early.settle(6000);

    expect(before).to.deep.equal([]);
    expect(heard.warned).to.deep.equal([{ service: 'hubspot', detector: 'bulkhead' }]);
  });

  it('take a burst for no crowd, however often it comes', () => {
    const { early, heard } = listen();

    for (let now = 0; now < 60_000; now += 5000) {
      early.crowded('hubspot', true, now);
      early.crowded('hubspot', false, now + 4900);
      early.settle(now + 4999);
    }

    expect(heard.warned).to.deep.equal([]);
  });

  it('of a crowded bulkhead are scored as the others are: right if the circuit opens, wrong after 120 s', () => {
    const { early, heard } = listen();
    for (const service of ['hubspot', 'lemlist']) early.crowded(service, true, 0);
    early.settle(5000);

    early.opened('hubspot', 7000);
    early.settle(125_000);

    expect(heard.scored).to.deep.equal([
      { service: 'hubspot', detector: 'bulkhead', followed: 'open', leadMs: 2000 },
      { service: 'lemlist', detector: 'bulkhead', followed: 'none' },
    ]);
  });

  it('are right if the circuit opens within 120 s, each detector by its own lead', () => {
    const { early, heard } = listen();
    early.quotaSeen('hubspot', 'day', { limit: 100, remaining: 4 }, 0, 0);
    early.suspected('hubspot', 0.7, 4000);

    early.opened('hubspot', 6000);

    expect(heard.scored).to.have.deep.members([
      { service: 'hubspot', detector: 'quota', followed: 'open', leadMs: 6000 },
      { service: 'hubspot', detector: 'suspicion', followed: 'open', leadMs: 2000 },
    ]);
    expect(early.pending).to.deep.equal([]);
  });

  it('are wrong if nothing has come after 120 s', () => {
    const { early, heard } = listen();
    early.suspected('hubspot', 0.7, 1000);

    early.settle(120_999);
    expect(heard.scored).to.deep.equal([]);
    early.settle(121_000);

    expect(heard.scored).to.deep.equal([{ service: 'hubspot', detector: 'suspicion', followed: 'none' }]);
  });

  it('are scored each at its own time', () => {
    const { early, heard } = listen();
    early.suspected('hubspot', 0.7, 0);
    early.suspected('lemlist', 0.7, 60_000);

    early.settle(120_000);
    expect(heard.scored.map(({ service }) => service)).to.deep.equal(['hubspot']);
    early.settle(180_000);

    expect(heard.scored.map(({ service }) => service)).to.deep.equal(['hubspot', 'lemlist']);
  });

  it('are not made right by another service', () => {
    const { early, heard } = listen();
    early.suspected('hubspot', 0.7, 0);

    early.opened('lemlist', 1000);

    expect(heard.scored).to.deep.equal([]);
  });

  for (const outcome of ['upstream_quota_exhausted', 'upstream_rate_limited'] as const) {
    it(`of a quota are right if a call ends as ${outcome}; no other warning is`, () => {
      const { early, heard } = listen();
      early.suspected('hubspot', 0.7, 0);
      early.quotaSeen('hubspot', 'day', { limit: 100, remaining: 4 }, 0, 0);

      early.attemptEnded(attempt(20, outcome), 5000);

      expect(heard.scored).to.deep.equal([{ service: 'hubspot', detector: 'quota', followed: 'open', leadMs: 5000 }]);
    });
  }

  it('count a time-out as slow, and no error for its speed', () => {
    const { early, heard } = listen();
    learn(early);

    repeat(early, 50, attempt(9000, 'upstream_unavailable'), 1000);
    expect(heard.warned).to.deep.equal([]);
    repeat(early, 4, attempt(4000, 'upstream_timeout'), 1000);

    expect(heard.warned).to.deep.equal([{ service: 'hubspot', detector: 'latency' }]);
  });

  it('draw no conclusion from how slow a service is that is out already', () => {
    const { early, heard } = listen();
    learn(early);
    early.opened('hubspot', 500);

    repeat(early, 10, attempt(3000), 1000);
    early.closed('hubspot', 2000);
    repeat(early, 10, attempt(100), 3000);

    expect(heard.warned).to.deep.equal([]);
  });

  it('warn anew of what begins after the outage', () => {
    const { early, heard } = listen();
    early.suspected('hubspot', 0.9, 0);
    early.opened('hubspot', 1000);
    early.closed('hubspot', 30_000);

    early.suspected('hubspot', 0.9, 40_000);

    expect(heard.warned).to.have.length(2);
  });

  it('of a detector that is nearly always wrong are muted for an hour, for that service', () => {
    const { early, heard } = listen();
    let now = 0;
    for (let warning = 0; warning < 50; warning += 1, now += 200_000) {
      early.suspected('hubspot', 0.9, now);
      early.suspected('hubspot', 0.1, now + 1);
      early.settle(now + 120_000);
    }

    early.suspected('hubspot', 0.9, now);
    early.suspected('lemlist', 0.9, now);

    expect(heard.muted).to.deep.equal([{ service: 'hubspot', detector: 'suspicion' }]);
    expect(early.muted(now)).to.deep.equal(heard.muted);
    expect(heard.warned).to.have.length(51);
    expect(early.muted(now + 3_600_000)).to.deep.equal([]);
  });
});
