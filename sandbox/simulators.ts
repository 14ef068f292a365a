import { exploriumSimulator } from './explorium/exploriumSandbox.ts';
import { hubspotSimulator } from './hubspot/hubspotSandbox.ts';
import { kitSimulator } from './kit/kitSandbox.ts';
import { lemlistSimulator } from './lemlist/lemlistSandbox.ts';
import { mailchimpSimulator } from './mailchimp/mailchimpSandbox.ts';
import { sendgridSimulator } from './sendgrid/sendgridSandbox.ts';
import { startSandbox, type Sandbox, type SandboxParts } from './server/sandbox.ts';
import type { Simulator } from './simulation/simulator.ts';

/** The simulators of all services, one line each, in the order of the registry. */
export const simulators: readonly Simulator[] = [
  hubspotSimulator,
  lemlistSimulator,
  exploriumSimulator,
  kitSimulator,
  mailchimpSimulator,
  sendgridSimulator,
];

/** @throws {Error} for a service that has none. */
export const simulatorOf = ({ name }: Pick<Simulator, 'name'>): Simulator => {
  const simulator = simulators.find((candidate) => candidate.name === name);
  if (simulator === undefined) throw new Error(`no simulator of ${name}: add it to sandbox/simulators.ts`);
  return simulator;
};

/** @throws {Error} that says what to change, if the port cannot be had. */
export const startSandboxOf = (services: readonly Pick<Simulator, 'name'>[], parts: Omit<SandboxParts, 'simulators'>): Promise<Sandbox> =>
  startSandbox({ ...parts, simulators: services.map(simulatorOf) });
