/** The run with one broken replica, in words. */
import type { BrokenRun, BrokenSettings } from './brokenRun.ts';
import { duration, type PartReport } from './reportShape.ts';

const of = (part: number, whole: number): string => `${String(part)} of ${String(whole)}`;

/** Words of the process's life say nothing of the network. */
const isReason = (reason: string | undefined): boolean =>
  reason !== undefined && !['starting', 'ready', 'draining', 'stopped'].includes(reason);

export const brokenReport = (run: BrokenRun, { callsPerSecond, brokenMs }: BrokenSettings): PartReport => ({
  method: [
    `Three replicas on one Redis; callers ask HubSpot and Lemlist ${String(callsPerSecond)} times a second each. For ${duration(brokenMs)} one replica loses ` +
      'every connection to the providers, while its callers keep asking it.',
  ],
  tables: [
    {
      headings: ['', 'measured'],
      rows: [
        ['calls at the healthy two that were not served', of(run.healthyUnserved, run.healthyCalls)],
        ['checks at which one of them had an open circuit or was unready', of(run.healthyDisturbed, run.healthyLooks)],
        ['the broken one refuses at once after', duration(run.brokenOpenMs)],
        ['… is unready after', duration(run.unreadyMs)],
        ['… and says', run.reason === undefined ? '–' : `“${run.reason}”`],
        ['… is ready again, once its network is back, after', run.unreadyMs === null ? '–' : duration(run.readyAgainMs)],
        ['… serves all its callers again after', duration(run.servedAgainMs)],
      ],
    },
  ],
  goals: [
    { what: 'calls lost by the healthy two', wanted: '0', measured: String(run.healthyUnserved), isKept: run.healthyUnserved === 0 },
    {
      what: 'circuits opened at the healthy two',
      wanted: 'none',
      measured: of(run.healthyDisturbed, run.healthyLooks),
      isKept: run.healthyDisturbed === 0,
    },
    { what: 'the broken one turns unready', wanted: 'it does', measured: duration(run.unreadyMs), isKept: run.unreadyMs !== null },
    { what: 'and says why', wanted: 'a reason', measured: run.reason ?? '–', isKept: isReason(run.reason) },
    {
      what: 'it is ready again by itself',
      wanted: 'it is',
      measured: duration(run.readyAgainMs),
      isKept: run.unreadyMs !== null && run.readyAgainMs !== null,
    },
    { what: 'and serves its callers', wanted: 'it does', measured: duration(run.servedAgainMs), isKept: run.servedAgainMs !== null },
  ],
});
