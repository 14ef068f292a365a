import type { Logger } from '../logging/logger.ts';
import type { ResilienceEvents } from '../contract/events.ts';

/** One line for each thing in which a service turns out to have changed; after that, the metrics count. */
export const driftLog = (logger: Logger): Pick<ResilienceEvents, 'contractBroken' | 'deprecationSeen'> => {
  const told = new Set<string>();
  /** Services, operations, fields and headers are names of ours: the list ends. */
  const isNew = (...names: readonly string[]): boolean => {
    const sizeBefore = told.size;
    return told.add(names.join(' ')).size > sizeBefore;
  };
  return {
    contractBroken: ({ service, operation, fields }) => {
      const unheard = fields.filter((field) => isNew('contract', service, operation, field));
      if (unheard.length > 0) logger.warn({ service, operation, fields: unheard }, 'the service answers in an unknown shape');
    },
    deprecationSeen: ({ service, operation, notices }) => {
      const unheard = notices.filter(({ header }) => isNew('deprecation', service, operation, header));
      if (unheard.length === 0) return;
      const said = Object.fromEntries(unheard.map(({ header, at }) => [header, at === undefined ? 'no date' : new Date(at).toISOString()]));
      logger.warn({ service, operation, ...said }, 'the service announces the end of this operation');
    },
  };
};
