import type { DetectionPolicy } from '../../contract/circuitState.ts';
import { ConsecutiveDetector } from './consecutive.ts';
import { CusumDetector } from './cusum.ts';
import type { Detector } from './detector.ts';
import { RateDetector } from './rate.ts';

/** The detector a policy asks for, with nothing seen yet. */
export const createDetector = (policy: DetectionPolicy): Detector => {
  switch (policy.strategy) {
    case 'cusum':
      return new CusumDetector(policy.threshold);
    case 'rate':
      return new RateDetector(policy);
    case 'consecutive':
      return new ConsecutiveDetector(policy.failures);
  }
};
