import { expect } from 'chai';
import type { Answer, Evidence, Job, Write } from './evidence.ts';
import { judge } from './oracle.ts';

const answer = (changes: Partial<Answer> = {}): Answer => ({
  status: 202,
  jobId: 'job_1',
  code: undefined,
  isAsync: true,
  startedAt: 1000,
  endedAt: 1010,
  ...changes,
});

const write = (changes: Partial<Write> = {}): Write => ({
  marker: 'contact a 1',
  kind: 'contact',
  entity: 'a',
  sequence: 1,
  round: 3,
  key: undefined,
  answers: [answer()],
  ...changes,
});

const job = (changes: Partial<Job> = {}): Job => ({ status: 'succeeded', reason: undefined, acceptedAt: 1005, since: 2000, ...changes });
const at = (marker: string, moment = 1500) => ({ marker, at: moment });
const kill = { victim: 'gateway', round: 3, atFaultPoint: false, at: 1700, backAt: 1900 } as const;

/** A run in which one contact was accepted and made. */
const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  writes: [write()],
  commits: [at('contact a 1')],
  refusedDoubles: [],
  lostAnswers: [],
  unheardAnswers: [],
  kills: [],
  stalls: [],
  jobs: new Map([['job_1', job()]]),
  crashes: [],
  brokenOff: undefined,
  ...changes,
});

const ofDeal = (changes: Partial<Evidence>): Evidence =>
  evidence({ writes: [write({ marker: 'deal 1', kind: 'deal' })], commits: [at('deal 1')], ...changes });
const ofPoison = (end: Job, commits: Evidence['commits']): Evidence =>
  evidence({ writes: [write({ kind: 'poison' })], commits, jobs: new Map([['job_1', end]]) });
const withJob = (end: Job): Partial<Evidence> => ({ jobs: new Map([['job_1', end]]) });
const withAnswer = (changes: Partial<Answer>): Partial<Evidence> => ({
  writes: [write({ answers: [answer({ jobId: undefined, ...changes })] })],
});
const twice = [at('contact a 1', 1500), at('contact a 1', 1800)];
const doubt = job({ status: 'uncertain', reason: 'interrupted' });
const poisoned = job({ status: 'failed', reason: 'validation_failed' });
const second = write({ marker: 'contact a 2', sequence: 2, answers: [answer({ jobId: 'job_2' })] });
const bothJobs = new Map([
  ['job_1', job()],
  ['job_2', job()],
]);
const redisKill = { ...kill, victim: 'redis', at: 900, backAt: 1500 } as const;

const rulesBroken = (found: Evidence): readonly string[] => [...new Set(judge(found).map(({ rule }) => rule))];

describe('the oracle of the chaos runs', () => {
  const breaches: readonly (readonly [title: string, found: Evidence, rule: string])[] = [
    ['an accepted id that nobody knows', evidence({ jobs: new Map() }), 'an accepted id stays known'],
    ['a job that never ends', evidence(withJob(job({ status: 'queued' }))), 'every job ends'],
    ['a success that the provider knows nothing of', evidence({ commits: [] }), 'what was accepted is made'],
    ['a dead letter that is no poison', evidence(withJob(job({ status: 'failed', reason: 'damaged' }))), 'what was accepted is made'],
    ['an uncertain upsert', evidence({ ...withJob(doubt), kills: [kill] }), 'uncertain is only what nobody can know'],
    ['an uncertain deal without a reason', ofDeal(withJob(doubt)), 'uncertain is only what nobody can know'],
    ['a deal made twice', ofDeal({ commits: [at('deal 1'), at('deal 1', 1800)], kills: [kill] }), 'nothing is done twice that could be'],
    ['poison that was made', ofPoison(poisoned, [at('contact a 1')]), 'nothing is done twice that could be'],
    ['poison that is no dead letter', ofPoison(job(), []), 'poison becomes a dead letter'],
    ['an upsert repeated for no reason', evidence({ commits: twice }), 'an upsert is repeated only for a reason'],
    ['a success told of what is not made', evidence({ ...withAnswer({ status: 200 }), commits: [] }), 'what was answered as made is made'],
    ['a refusal of what is made', evidence(withAnswer({ status: 503, code: 'queue_unavailable' })), 'what was refused is not made'],
    [
      'two jobs of one write',
      evidence({ writes: [write({ answers: [answer(), answer({ jobId: 'job_2' })] })], jobs: bothJobs }),
      'one key, one job',
    ],
    ['a late answer', evidence({ writes: [write({ answers: [answer({ endedAt: 3001 })] })] }), 'every answer comes in time'],
    [
      'a late refusal',
      evidence({ ...withAnswer({ status: 503, code: 'queue_unavailable', endedAt: 2001 }), commits: [] }),
      'every answer comes in time',
    ],
    ['a caller who waits in vain', evidence(withAnswer({ status: 'hung' })), 'every answer comes in time'],
    ['an internal error', evidence(withAnswer({ status: 500, code: 'internal_error' })), 'only documented answers'],
    [
      'an order that is turned round',
      evidence({ writes: [write(), second], commits: [at('contact a 2'), at('contact a 1')], jobs: bothJobs }),
      'order is kept for every entity',
    ],
    ['a promise while the store is down', evidence({ kills: [redisKill] }), 'no 202 while the store is down'],
    [
      'writes that are accepted again late',
      evidence({
        writes: [write({ answers: [answer({ startedAt: 9000, endedAt: 9001 })] })],
        kills: [{ ...kill, backAt: 2000 }],
        commits: [at('contact a 1', 9100)],
      }),
      'writes are accepted again soon',
    ],
    ['a process that ends by itself', evidence({ crashes: ['gateway: no words'] }), 'no process ends by itself'],
    ['a run that did not come to its end', evidence({ brokenOff: 'no words' }), 'a run comes to its end'],
  ];

  for (const [title, found, rule] of breaches) {
    it(`sees ${title}`, () => {
      expect(rulesBroken(found)).to.include(rule);
    });
  }

  const kept: readonly (readonly [title: string, found: Evidence])[] = [
    ['what was accepted and made', evidence()],
    ['an upsert repeated after a kill', evidence({ commits: twice, kills: [kill] })],
    ['an upsert repeated after a lost answer', evidence({ commits: twice, lostAnswers: [at('contact a 1')] })],
    ['an upsert repeated after an answer that came too late', evidence({ commits: twice, unheardAnswers: [at('contact a 1')] })],
    ['a deal left uncertain by a kill', ofDeal({ ...withJob(doubt), kills: [kill] })],
    ['poison that is a dead letter', ofPoison(poisoned, [])],
    [
      'an answer that is late because the machine stood still',
      evidence({ writes: [write({ answers: [answer({ endedAt: 3001 })] })], stalls: [{ from: 500, to: 1100 }] }),
    ],
    ['a write whose connection broke', evidence({ ...withAnswer({ status: 'broken' }), commits: [] })],
    [
      'a refusal while the store died over the write',
      evidence({ ...withAnswer({ status: 503, code: 'queue_unavailable' }), kills: [redisKill] }),
    ],
  ];

  for (const [title, found] of kept) {
    it(`has nothing against ${title}`, () => {
      expect(judge(found)).to.deep.equal([]);
    });
  }

  it('blames a run that broke off for nothing but what ended it', () => {
    const nobodyAsked = { jobs: new Map<string, Job>(), brokenOff: 'connect ECONNREFUSED' };

    expect(judge(evidence(nobodyAsked)).map(({ detail }) => detail)).to.deep.equal(['connect ECONNREFUSED']);
    expect(judge(evidence({ ...nobodyAsked, crashes: ['gateway: no words'] })).map(({ detail }) => detail)).to.deep.equal([
      'gateway: no words',
    ]);
  });

  it('counts what kills cost, and says when it is more than was under way', () => {
    const markers = Array.from({ length: 9 }, (_, number) => `contact ${String(number)} 1`);
    const writes = markers.map((marker) => write({ marker, entity: marker, answers: [] }));
    const commits = markers.flatMap((marker) => [at(marker, 1500), at(marker, 1800)]);

    expect(rulesBroken(evidence({ writes, commits, jobs: new Map(), kills: [kill] }))).to.deep.equal([
      'a kill costs no more than what was under way',
    ]);
  });
});
