/**
 * `npm run drill -- <service> <fault>`: an outage on purpose, and what the callers of the gateway see of it.
 * Starts a sandbox and a gateway of its own, or breaks a sandbox that runs already (`docs/sandbox.md`).
 */
import { printable } from '../src/logging/printable.ts';
import { drillJson, drillReport } from './drillReport.ts';
import { readDrillArguments, usage, UsageError, type DrillArguments } from './drillArguments.ts';
import { DrillProcesses } from './drillProcesses.ts';
import { drillTimes, runDrill } from './drillRun.ts';
import { DrillSandbox } from './drillSandbox.ts';
import { drillServices } from './drillSubjects.ts';

const say = (line: string): void => {
  process.stderr.write(`${printable(line)}\n`);
};

const drill = async (settings: DrillArguments, processes: DrillProcesses, signal: AbortSignal): Promise<void> => {
  const origin = settings.running?.sandbox ?? (await processes.startSandbox());
  const sandbox = new DrillSandbox(origin, settings.service);
  const urls = await sandbox.directUrls();
  const target = settings.running?.target ?? (await processes.startGateway(urls));
  const result = await runDrill(settings, { target, sandbox, times: drillTimes, say, signal });
  process.stdout.write(`${settings.json ? drillJson(settings, result) : drillReport(settings, result)}\n`);
};

const run = async (): Promise<void> => {
  const settings = readDrillArguments(process.argv.slice(2), drillServices);
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interruption.abort(new Error(`stopped by ${signal}`));
    });
  }
  const processes = new DrillProcesses();
  try {
    await drill(settings, processes, interruption.signal);
  } catch (error) {
    // Ctrl+C reaches the processes of the drill too: what fails then is no news.
    interruption.signal.throwIfAborted();
    throw error;
  } finally {
    await processes.stop();
  }
};

run().catch((error: unknown) => {
  const misused = error instanceof UsageError;
  say(`drill: ${error instanceof Error ? error.message : String(error)}`);
  if (misused) say(usage(drillServices));
  process.exitCode = misused ? 2 : 1;
});
