/**
 * What `npm run sandbox` reads from the environment.
 */
import { z } from 'zod';

export interface SandboxSettings {
  /** 0 picks a free one. */
  readonly port: number;
  /** Absent: a fresh one, printed, so that a run can be repeated. */
  readonly seed: number | undefined;
  /** How fast the simulators' time goes. */
  readonly speed: number;
}

const wholeNumber = (maximum: number) => {
  const error = `must be a whole number from 0 to ${String(maximum)}`;
  return z.string().regex(/^\d{1,10}$/u, error).transform(Number).pipe(z.number().max(maximum, error));
};
const speedRule = 'must be a number above 0, up to 10000';

const schema = z.object({
  SANDBOX_PORT: wholeNumber(65_535).default(4010),
  SANDBOX_SEED: wholeNumber(2 ** 32 - 1).optional(),
  SANDBOX_SPEED: z.string().regex(/^\d{1,5}(\.\d+)?$/u, speedRule).transform(Number).pipe(z.number().gt(0, speedRule).max(10_000, speedRule)).default(1),
});

/**
 * Reads the settings; empty variables count as absent.
 *
 * @throws {Error} naming every variable at fault and its rule, never its value.
 */
export const readSandboxSettings = (env: Readonly<Record<string, string | undefined>>): SandboxSettings => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(given);
  if (parsed.success) {
    return { port: parsed.data.SANDBOX_PORT, seed: parsed.data.SANDBOX_SEED, speed: parsed.data.SANDBOX_SPEED };
  }
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new Error(faults.join('; '));
};
