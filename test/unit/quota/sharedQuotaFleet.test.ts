/**
 * Fleets in virtual time against a service that counts exactly: what is refused, and how much of the quota is used.
 */
import { expect } from 'chai';
import type { QuotaRule, RateRule } from '../../../src/contract/quotaRule.ts';
import { QuotaFleet, type FleetMember, type Load } from '../../support/quotaFleet.ts';

const hubspot: RateRule = { permits: 100, windowMs: 10_000 };
const lemlist: RateRule = { permits: 20, windowMs: 2000 };
const explorium: RateRule = { permits: 200, windowMs: 60_000 };
const kit: RateRule = { permits: 120, windowMs: 60_000 };

const busy: Load = { callers: 10 };
const anyWeight: Load = { callers: 10, weight: (random) => 1 + Math.floor(random() * 50) };
const seldom: Load = { callers: 1, pauseMs: 5000 };

/** Of what the service would have granted in that time, from now on. */
const measure = async (fleet: QuotaFleet, { permits, windowMs }: RateRule, forMs: number, meanwhile: () => void = () => undefined) => {
  const before = { served: fleet.service.served, refused: fleet.service.refused, attempts: fleet.attempts };
  meanwhile();
  await fleet.clock.advance(forMs);
  return {
    refused: fleet.service.refused - before.refused,
    attempts: fleet.attempts - before.attempts,
    usedShare: (fleet.service.served - before.served) / ((permits as number) * (forMs / windowMs)),
  };
};

describe('sharedQuotaGate in a fleet of three', function () {
  this.timeout(60_000);

  const loads: readonly (readonly [name: string, rule: RateRule, loads: readonly Load[], headers: boolean])[] = [
    ['HubSpot, all busy', hubspot, [busy, busy, busy], true],
    ['HubSpot, one busier than the others', hubspot, [{ callers: 30 }, { callers: 2 }, seldom], true],
    ['HubSpot without headers', hubspot, [busy, busy, busy], false],
    ['Lemlist, all busy', lemlist, [busy, busy, busy], true],
    ['Lemlist, one busier than the others', lemlist, [{ callers: 30 }, { callers: 2 }, seldom], true],
    ['Explorium, calls of one to fifty rows', explorium, [anyWeight, anyWeight, anyWeight], true],
    ['Explorium, one asks for many rows and the others for one each', explorium, [anyWeight, busy, busy], true],
    ['Kit, all busy', kit, [busy, busy, busy], false],
    ['Kit, one alone busy', kit, [{ callers: 30 }, seldom, seldom], false],
  ];
  for (const [name, rule, members, headers] of loads) {
    it(`is never refused and uses nine tenths of the quota: ${name}`, async () => {
      const fleet = new QuotaFleet(rule, 1, headers);
      for (const load of members) fleet.join(load);
      await fleet.clock.advance(2 * rule.windowMs);

      const { refused, usedShare } = await measure(fleet, rule, Math.max(60_000, 8 * rule.windowMs));

      expect(refused).to.equal(0);
      expect(usedShare).to.be.at.least(0.9);
    });
  }

  it('never opens more connections than there are', async () => {
    const mailchimp: QuotaRule = { connections: 10, suspectMs: 120_000, patienceMs: 1000 };
    const fleet = new QuotaFleet(mailchimp, 1);
    for (let replica = 0; replica < 3; replica += 1) fleet.join({ callers: 8 });

    await fleet.clock.advance(60_000);

    expect(fleet.service.refused).to.equal(0);
    // An attempt takes a tenth of a second: ten connections make a hundred in a second.
    expect(fleet.service.served).to.be.at.least(0.9 * 6000);
  });
});

describe('sharedQuotaGate in a fleet that has trouble', function () {
  this.timeout(60_000);

  type Trouble = (fleet: QuotaFleet, members: readonly FleetMember[]) => void;
  const later = (fleet: QuotaFleet, ms: number, act: () => void): void => void fleet.clock.after(ms, act);
  const troubles: readonly (readonly [name: string, trouble: Trouble, used: number])[] = [
    [
      'more replicas come',
      (fleet) => {
        for (const ms of [0, 7000, 7100]) later(fleet, ms, () => fleet.join(busy));
      },
      0.85,
    ],
    [
      'one dies',
      (_fleet, [first]) => {
        first?.die();
      },
      0.85,
    ],
    [
      'the store is away for five seconds',
      (fleet) => {
        fleet.store.isDown = true;
        later(fleet, 5000, () => {
          fleet.store.isDown = false;
        });
      },
      0.9,
    ],
    [
      'the store dies',
      (fleet) => {
        fleet.store.isDown = true;
      },
      0.85,
    ],
    [
      'the store dies and comes back with nothing',
      (fleet) => {
        fleet.store.isDown = true;
        later(fleet, 30_000, () => {
          fleet.store.forget();
          fleet.store.isDown = false;
        });
      },
      0.85,
    ],
    [
      'the store forgets',
      (fleet) => {
        fleet.store.forget();
      },
      0.85,
    ],
    [
      'answers are lost',
      (fleet, [first]) => {
        if (first !== undefined) first.shares.losesAnswers = true;
        later(fleet, 5000, () => {
          if (first !== undefined) first.shares.losesAnswers = false;
        });
      },
      0.85,
    ],
  ];
  for (const [service, rule] of [
    ['HubSpot', hubspot],
    ['Lemlist', lemlist],
    ['Kit', kit],
  ] as const) {
    for (const [name, trouble, used] of troubles) {
      it(`is never refused and loses little of the quota while ${name}: ${service}`, async () => {
        const fleet = new QuotaFleet(rule, 2);
        const members = [busy, busy, busy].map((load) => fleet.join(load));
        await fleet.clock.advance(2 * rule.windowMs + 5000);

        const { refused, usedShare } = await measure(fleet, rule, Math.max(80_000, 10 * rule.windowMs), () => {
          trouble(fleet, members);
        });

        expect(refused).to.equal(0);
        expect(usedShare).to.be.at.least(used);
      });
    }
  }

  it('goes over the quota by little when one replica alone has lost the store', async () => {
    const fleet = new QuotaFleet(hubspot, 2);
    const [first] = [busy, busy, busy].map((load) => fleet.join(load));
    await fleet.clock.advance(30_000);

    const { refused, attempts } = await measure(fleet, hubspot, 60_000, () => {
      first!.shares.isCut = true;
    });

    expect(refused / attempts).to.be.below(0.1);
  });
});

describe('sharedQuotaGate in a fleet of a hundred', function () {
  this.timeout(60_000);

  it('gives twenty permits to all in turn', async () => {
    const fleet = new QuotaFleet(lemlist, 1);
    const calls = new Map<FleetMember, number>();
    for (let replica = 0; replica < 100; replica += 1) {
      const member = fleet.join({ callers: 3, onAttempt: () => calls.set(member, (calls.get(member) ?? 0) + 1) });
    }
    await fleet.clock.advance(20_000);
    const reports = fleet.store.reports;

    const { refused, usedShare } = await measure(fleet, lemlist, 60_000);

    expect(refused).to.equal(0);
    expect(usedShare).to.be.at.least(0.85);
    expect(calls.size).to.equal(100);
    expect(Math.max(...calls.values()) - Math.min(...calls.values())).to.be.at.most(4);
    expect((fleet.store.reports - reports) / 60).to.be.at.most(250);
  });
});
