import { nodeArgumentsFor, type Program } from '../../test/support/serverProcess.ts';
import type { PlannedFault } from './plan.ts';

/** For node, in the folder of the project. Lives with a fault point always are from source. */
export const argumentsFor = (program: Program, fault: PlannedFault | undefined): readonly string[] => {
  if (fault !== undefined) return ['--import', 'tsx', 'lab/chaos/gatewayWithFaults.ts', JSON.stringify(fault)];
  return nodeArgumentsFor(program, 'src/server');
};
