/**
 * The gateway as `src/server.ts` starts it, with a point inside the embedded queue at which it kills itself:
 *
 *   node --import tsx lab/chaos/gatewayWithFaults.ts '{"point":"before_commit","command":"add","time":3}'
 */
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { serviceRegistry } from '../../src/services/registry.ts';
import { configurableService } from '../../src/services/serviceSettings.ts';
import { systemClock } from '../../src/time/clock.ts';
import { faultsOf } from '../../test/support/queueFaults.ts';
import type { PlannedFault } from './plan.ts';

const kill = JSON.parse(process.argv[2] ?? '') as PlannedFault;
const config = readConfig(process.env, Object.values(serviceRegistry).map(configurableService));
const logger = createLogger({ level: config.logLevel, version: config.version });
const gateway = await compose(config, { clock: systemClock, logger, queueFaults: faultsOf({ kill }) });
logger.info(await gateway.start(), 'listening');
