import type { Logger } from '../logging/logger.ts';
import type { ResilienceEvents } from '../resilience/events.ts';

/** One line for each thing that people on call will ask about: a circuit that changed, an override that came or went. */
export const resilienceLog = (logger: Logger): ResilienceEvents => ({
  circuitChanged: ({ circuit, from, to, reason, lastedMs }) => {
    const fields = { circuit, from, to, reason, lastedMs: Math.round(lastedMs) };
    if (to === 'open') logger.warn(fields, 'circuit opened');
    else logger.info(fields, to === 'closed' ? 'circuit closed' : 'circuit half-open: the next call is a probe');
  },
  overrideChanged: ({ circuit, override }) => {
    if (override === undefined) logger.warn({ circuit }, 'circuit override ended');
    else logger.warn({ circuit, ...override }, 'circuit override imposed');
  },
});
