import { readConfig } from '../../../src/config/config.ts';
import type { ReadFile } from '../../../src/config/secretFile.ts';
import type { ConfigurableService } from '../../../src/config/serviceConfig.ts';
import { InvalidSettingsError } from '../../../src/config/settingFaults.ts';

export const hubspot: ConfigurableService = { name: 'hubspot', attemptTimeoutMs: 4000, deadlineMs: 10_000 };
export const lemlist: ConfigurableService = { name: 'lemlist', attemptTimeoutMs: 6000, deadlineMs: 15_000 };

/** What production asks for at least, with hubspot as the only service. */
export const production = {
  NODE_ENV: 'production',
  API_KEYS_FILE: '/keys.json',
  HUBSPOT_API_KEY: 'pat-of-production',
  MANAGEMENT_PORT: '3001',
  QUEUE_KEYS: 'key-1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
};

/** Reads from a table instead of a disk. */
export const readFileFrom =
  (files: Readonly<Record<string, string>>): ReadFile =>
  (path) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return text;
  };

/** The faults that an environment has; none if it is accepted. */
export const faultsOf = (
  env: Readonly<Record<string, string>>,
  services: readonly ConfigurableService[],
  readFile: ReadFile = () => '[]',
): readonly string[] => {
  try {
    readConfig(env, services, { readFile });
    return [];
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error.faults;
    throw error;
  }
};
