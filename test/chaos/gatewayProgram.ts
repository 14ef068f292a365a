import type { PlannedFault } from './plan.ts';

/** `built`: `dist/server.js`, which starts sooner; `source`: what a test has. Lives with a fault point always are from source. */
export type Program = 'built' | 'source';

/** For node, in the folder of the project. */
export const argumentsFor = (program: Program, fault: PlannedFault | undefined): readonly string[] => {
  if (fault !== undefined) return ['--import', 'tsx', 'test/chaos/gatewayWithFaults.ts', JSON.stringify(fault)];
  return program === 'built' ? ['dist/server.js'] : ['--import', 'tsx', 'src/server.ts'];
};
