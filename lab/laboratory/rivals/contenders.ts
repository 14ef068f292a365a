import { cockatielDefault, cockatielTuned } from './cockatiel.ts';
import { mollitiaDefault, mollitiaTuned } from './mollitia.ts';
import { opossumDefault, opossumTuned } from './opossum.ts';
import { ours, oursByRate, oursByRateTuned } from './ours.ts';
import { planAsWritten, planTuned } from './plan.ts';
import type { Contender } from './rival.ts';
import { unprotected } from './unprotected.ts';

/** In the order of every table. */
export const contenders: readonly Contender[] = [
  unprotected,
  planAsWritten,
  planTuned,
  opossumDefault,
  opossumTuned,
  cockatielDefault,
  cockatielTuned,
  mollitiaDefault,
  mollitiaTuned,
  oursByRate,
  oursByRateTuned,
  ours,
];
