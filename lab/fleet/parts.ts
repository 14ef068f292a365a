/**
 * The parts of `npm run fleet` that run real processes: how long, how fast, and what they report.
 */
import { seconds } from '../../src/time/clock.ts';
import { brokenReport } from './brokenReport.ts';
import { runBroken } from './brokenRun.ts';
import { faultsReport } from './faultsReport.ts';
import { runFault, type ComparedRun } from './faultsRun.ts';
import type { FleetArguments, MeasuredPart } from './fleetArguments.ts';
import { outageReport, type FaultRuns } from './outageReport.ts';
import { runOutage, type OutageRun } from './outageRun.ts';
import { quotaReport } from './quotaReport.ts';
import { runQuota } from './quotaRun.ts';
import { redisFaultNames, redisFaultOf, type RedisFaultName } from './redisFaults.ts';
import type { PartReport } from './reportShape.ts';
import { subjectNames } from './subjects.ts';

type Say = (line: string) => void;
type Measured = (asked: FleetArguments, say: Say) => Promise<PartReport>;

const program = 'built';

const lasting = ({ seconds: wanted }: FleetArguments, usual: number): number => seconds(wanted ?? usual);

const outages = [
  { title: 'hangs', fault: { fault: 'hang' }, firstFastFailureMs: seconds(2) },
  { title: '503s', fault: { fault: 'error', status: 503 }, firstFastFailureMs: seconds(1) },
] as const;

const outage: Measured = async (asked, say) => {
  const times = { warmUpMs: seconds(20), outageMs: lasting(asked, 60), afterMs: seconds(15) };
  const settings = { program, seed: asked.seed, service: asked.service ?? 'hubspot', callsPerSecond: 20, ...times } as const;
  const all: FaultRuns[] = [];
  for (const { title, fault, firstFastFailureMs } of outages) {
    const runs: OutageRun[] = [];
    for (let seed = asked.seed; seed < asked.seed + asked.seeds; seed += 1) {
      say(`outage: ${title}, seed ${String(seed)}`);
      runs.push(await runOutage(['one', 'apart', 'together'], { ...settings, seed, fault }));
    }
    all.push({ title, firstFastFailureMs, runs });
  }
  return outageReport(all, settings);
};

const broken: Measured = async (asked, say) => {
  const times = { warmUpMs: seconds(15), brokenMs: lasting(asked, 20), afterMs: seconds(20) };
  const settings = { program, seed: asked.seed, callsPerSecond: 15, ...times } as const;
  say('broken: one of three replicas loses its network');
  return brokenReport(await runBroken(settings), settings);
};

const faults: Measured = async (asked, say) => {
  const times = { warmUpMs: seconds(5), holdMs: lasting(asked, 6), afterMs: seconds(20) };
  const settings = { program, seed: asked.seed, callsPerSecond: 30, ...times } as const;
  const runs: Partial<Record<RedisFaultName, ComparedRun>> = {};
  for (const fault of redisFaultNames) {
    say(`faults: ${redisFaultOf(fault).title}`);
    runs[fault] = await runFault({ ...settings, fault });
  }
  return faultsReport(runs, settings);
};

const quota: Measured = async (asked, say) => {
  const services = asked.service === undefined ? subjectNames : [asked.service];
  const settings = { program, seed: asked.seed, services, warmUpMs: seconds(60), measureMs: lasting(asked, 120) } as const;
  say(`quota: ${services.join(', ')}`);
  return quotaReport(await runQuota(['apart', 'together'], settings), settings);
};

export const parts: Readonly<Record<MeasuredPart, Measured>> = { outage, broken, faults, quota };
