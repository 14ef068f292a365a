/**
 * `npm run drill -- <service> <fault>`: an outage on purpose, and what the callers of the gateway see of it.
 * Starts a sandbox and a gateway of its own, or breaks a sandbox that runs already (`docs/sandbox.md`).
 */
import { printable } from '../../src/logging/printable.ts';
import { drillJson, drillReport } from './drillReport.ts';
import { asksForShort, readDrillArguments, usage, UsageError, type DrillArguments } from './drillArguments.ts';
import { DrillProcesses } from './drillProcesses.ts';
import { drillTimes, runDrill, type DrillResult, type DrillTimes } from './drillRun.ts';
import { DrillSandbox } from './drillSandbox.ts';
import { runShortDrills, shortDrills } from './drillShort.ts';
import { drillServices } from './drillSubjects.ts';

const say = (line: string): void => {
  process.stderr.write(`${printable(line)}\n`);
};

/** A service that can be moved to a second sandbox. */
const moved = async (url: string, { realLimits, service }: DrillArguments, processes: DrillProcesses) => {
  const next = await new DrillSandbox(await processes.startSandbox(realLimits), service).directUrls();
  const relay = await processes.startRelay(url);
  return {
    url: relay.url,
    move: () => {
      relay.lead(next[service] ?? '');
    },
  };
};

/** So long a short drill watches that all are served. */
const SHORT_SERVED_FOR_MS = 3000;

const drill = async (settings: DrillArguments, processes: DrillProcesses, signal: AbortSignal, times: DrillTimes): Promise<DrillResult> => {
  const { fault, realLimits, running, service } = settings;
  const origin = running?.sandbox ?? (await processes.startSandbox(realLimits));
  const sandbox = new DrillSandbox(origin, service);
  const urls = await sandbox.directUrls();
  const moving = fault === 'moved' ? await moved(urls[service] ?? '', settings, processes) : undefined;
  const target = running?.target ?? (await processes.startGateway({ ...urls, ...(moving && { [service]: moving.url }) }, realLimits));
  const result = await runDrill(settings, { target, sandbox, ...(moving && { move: moving.move }), times, say, signal });
  process.stdout.write(`${settings.json ? drillJson(settings, result) : drillReport(settings, result)}\n`);
  return result;
};

/** With processes of its own, and none left at its end. */
const drillAlone = async (settings: DrillArguments, signal: AbortSignal, times = drillTimes): Promise<DrillResult> => {
  const processes = new DrillProcesses();
  try {
    return await drill(settings, processes, signal, times);
  } catch (error) {
    // Ctrl+C reaches the processes of the drill too: what fails then is no news.
    signal.throwIfAborted();
    throw error;
  } finally {
    await processes.stop();
  }
};

const short = async (signal: AbortSignal): Promise<void> => {
  const times = { ...drillTimes, servedForMs: SHORT_SERVED_FOR_MS };
  const missed = await runShortDrills(shortDrills(drillServices), (settings) => drillAlone(settings, signal, times), say);
  for (const line of missed) say(`drill: missed: ${line}`);
  if (missed.length > 0) process.exitCode = 1;
};

const run = async (): Promise<void> => {
  const args = process.argv.slice(2);
  const settings = asksForShort(args) ? undefined : readDrillArguments(args, drillServices);
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interruption.abort(new Error(`stopped by ${signal}`));
    });
  }
  await (settings === undefined ? short(interruption.signal) : drillAlone(settings, interruption.signal));
};

run().catch((error: unknown) => {
  const misused = error instanceof UsageError;
  say(`drill: ${error instanceof Error ? error.message : String(error)}`);
  if (misused) say(usage(drillServices));
  process.exitCode = misused ? 2 : 1;
});
