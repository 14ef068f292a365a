import { expect } from 'chai';
import type { FleetCall } from './callers.ts';
import { median, mostWithin, outageFigures } from './outageFigures.ts';
import { asCsv, asMarkdown, asText, withSection } from './page.ts';
import type { PartReport } from './reportShape.ts';

const SERVED = { status: 200, code: undefined } as const;
const REFUSED = { status: 503, code: 'circuit_open' } as const;

/** One after the other, ms; answered after 5 ms. */
const calls = (
  ...all: readonly (readonly [at: number, replica: number, answer: Pick<FleetCall, 'status' | 'code'>])[]
): readonly FleetCall[] => all.map(([at, replica, answer], number) => ({ at, replica, number, latencyMs: 5, ...answer }));

describe('figures of an outage of a fleet', () => {
  const outage = { from: 1000, to: 61_000 };

  it('count what reached the provider while it was away, and nothing before or after', () => {
    const { sent } = outageFigures([], [999, 1000, 1001, 60_999, 61_000], 3, outage);

    expect(sent).to.equal(3);
  });

  it('count as probes what came after the last replica had closed its doors', () => {
    const made = calls([1100, 0, REFUSED], [1200, 1, REFUSED], [2000, 2, REFUSED], [2100, 0, REFUSED]);

    const figures = outageFigures(made, [1050, 1990, 2010, 4000, 6400], 3, outage);

    expect(figures).to.include({ firstFastFailureMs: 105, allOpenMs: 1005, probes: 3, mostProbes: 2 });
  });

  it('know no probes while a replica has never refused a call', () => {
    const figures = outageFigures(calls([1100, 0, REFUSED], [1200, 1, REFUSED]), [1050, 4000], 3, outage);

    expect(figures).to.include({ allOpenMs: null, probes: 0, sent: 2 });
  });

  it('tell of calls that were lost before it', () => {
    const made = calls([100, 0, SERVED], [200, 1, { status: 502, code: 'upstream_unavailable' }]);

    expect(outageFigures(made, [], 3, outage).unservedInWarmUp).to.equal(1);
  });

  it('find the fullest window wherever it begins', () => {
    expect(mostWithin([0, 2400, 2600, 4900, 5000], 2500)).to.equal(3);
    expect(mostWithin([0, 2500, 5000], 2500)).to.equal(1);
    expect(mostWithin([], 2500)).to.equal(0);
  });

  it('take the middle of several', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([Infinity, 1, 2]), median([])]).to.deep.equal([2, 2, 2, 0]);
  });
});

describe('the page of the fleet', () => {
  const report: PartReport = {
    method: ['How it was measured.'],
    tables: [
      {
        headings: ['fleet', 'sent'],
        rows: [
          ['one', '10'],
          ['three', '12'],
        ],
      },
    ],
    goals: [{ what: 'sent', wanted: '≤ 11', measured: '12', isKept: false }],
  };

  it('gets the section of one part, and keeps the others', () => {
    const page =
      'a\n<!-- outage: written by npm run fleet -->\nold\n<!-- end of outage -->\n<!-- quota: written by npm run fleet -->\nq\n<!-- end of quota -->\n';

    const renewed = withSection(page, 'outage', asMarkdown(report, 'outage', 7));

    expect(renewed)
      .to.match(/^a\n/)
      .and.include('| three | 12 |')
      .and.include('[all figures](outage.csv)')
      .and.include('Seed 7')
      .and.include('q\n<!-- end of quota -->')
      .and.not.include('old');
  });

  it('is not written where its marker is missing', () => {
    expect(() => withSection('nothing', 'outage', 'new')).to.throw(/markers of "outage"/u);
  });

  it('says of each goal whether it was kept', () => {
    expect(asMarkdown(report, 'outage', 1)).to.include('0 of 1 goals were met. **Missed**: sent (≤ 11): 12.');
    expect(asMarkdown({ ...report, goals: report.goals.map((goal) => ({ ...goal, isKept: true })) }, 'outage', 1)).to.include(
      'All 1 goals were met.',
    );
    expect(asText(report)).to.match(/sent +≤ 11 +12 +not kept/u);
  });

  it('shows the columns that matter of the first table, and leaves the rest to a CSV file', () => {
    const wide = { headings: ['fleet', 'sent', 'most'], shown: [0, 2], rows: [['three, with Redis', '12', '"3"']] };
    const two = { ...report, tables: [wide, { headings: ['command', 'µs'], rows: [['report', '39']] }], goals: [] };

    expect(asMarkdown(two, 'outage', 1))
      .to.include('| fleet | most |\n|---|--:|\n| three, with Redis | "3" |')
      .and.not.include('report');
    expect(asCsv(two)).to.equal('fleet,sent,most\n"three, with Redis",12,"""3"""\n\ncommand,µs\nreport,39\n');
  });
});
