import type { Logger } from '../logging/logger.ts';
import type { ResilienceEvents } from '../contract/events.ts';
import { driftLog } from './driftLog.ts';

/** One line for each thing that people on call will ask about: a circuit that changed, a service's or an operation's, an override that came or went, a service that changed. */
export const resilienceLog = (logger: Logger): ResilienceEvents => ({
  ...driftLog(logger),
  circuitChanged: ({ circuit, from, to, reason, lastedMs }) => {
    const fields = { circuit, from, to, reason, lastedMs: Math.round(lastedMs) };
    if (to === 'open') logger.warn(fields, 'circuit opened');
    else logger.info(fields, to === 'closed' ? 'circuit closed' : 'circuit half-open: the next call is a probe');
  },
  operationCircuitChanged: ({ circuit, from, to, reason, lastedMs }) => {
    const fields = { circuit, from, to, reason, lastedMs: Math.round(lastedMs) };
    if (to === 'open') logger.warn(fields, 'circuit of an operation opened; the rest of the service goes on');
    else logger.info(fields, to === 'closed' ? 'circuit of an operation closed' : 'circuit of an operation half-open');
  },
  overrideChanged: ({ circuit, override }) => {
    if (override === undefined) logger.warn({ circuit }, 'circuit override ended');
    else logger.warn({ circuit, ...override }, 'circuit override imposed');
  },
});
