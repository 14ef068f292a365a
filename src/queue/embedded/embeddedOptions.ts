/**
 * What the database thread is handed when it is started.
 */
import type { KeptLimits } from '../../web/idempotency.ts';
import type { Faults } from './embeddedFaults.ts';

export interface DatabaseOptions {
  /** DATA_DIR; made if it is missing. */
  readonly directory: string;
  /** Wall-clock ms. */
  readonly openedAt: number;
  /** The file may grow to so many pages of 4 kB; absent: as the disk has. Stands in for a full disk in tests. */
  readonly maxPages?: number;
  /** Default: {@link KEPT_LIMITS}. */
  readonly limits?: KeptLimits;
  readonly faults?: Faults;
}
