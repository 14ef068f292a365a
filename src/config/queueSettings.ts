/**
 * The settings of the durable queue: with what its contents are sealed, and how long a write waits.
 */
import { z } from 'zod';
import { weaknessOf } from './exampleValues.ts';
import { Secret } from './secret.ts';
import { withoutLineBreak, type SettingFile, type SettingFiles } from './secretFile.ts';
import type { SettingFaults } from './settingFaults.ts';

export interface QueueKey {
  /** Stands in clear in everything sealed with it. */
  readonly id: string;
  /** 32 bytes in base64. */
  readonly key: Secret;
}

export interface QueueSettings {
  /** The first seals, all of them open. Empty: clear text if that is allowed, else a key of development. */
  readonly keys: readonly QueueKey[];
  /** Where they come from, if they can change while the process runs: {@link queueKeysIn} its text. */
  readonly file: SettingFile | undefined;
  /** Whether the contents of the queue may lie on disk or in Redis unsealed. */
  readonly clearText: boolean;
  /** Milliseconds after which a write that could not begin is given up. */
  readonly jobExpiresMs: number;
  /** Whether this process makes the writes that wait, or only takes them in. */
  readonly drain: boolean;
}

const KEY = /^([\w-]{1,32}):([A-Za-z0-9+/]{43}=)$/u;
const RULE = 'must be keys as id:base64 of 32 bytes, parted by commas, each id once (`openssl rand -base64 32`)';

const parsed = (text: string): readonly QueueKey[] | undefined => {
  const matches = text.split(',').map((part) => KEY.exec(part.trim()));
  const keys = matches.flatMap((match) => (match === null ? [] : [{ id: match[1] ?? '', key: new Secret(match[2] ?? '') }]));
  const isWhole = keys.length === matches.length && new Set(keys.map(({ id }) => id)).size === keys.length;
  return isWhole ? keys : undefined;
};

/** `id:base64`, the current one first. */
export const queueKeys = () =>
  z.string().transform((text, context): readonly QueueKey[] => {
    const keys = parsed(text);
    if (keys !== undefined) return keys;
    context.addIssue({ code: 'custom', message: RULE });
    return z.NEVER;
  });

interface QueueValues {
  readonly NODE_ENV: 'development' | 'test' | 'production';
  readonly QUEUE_KEYS: readonly QueueKey[] | undefined;
  readonly QUEUE_KEYS_FILE: string | undefined;
  readonly QUEUE_CLEAR_TEXT: 'refused' | 'allowed';
  readonly QUEUE_JOB_EXPIRES_MS: number;
  readonly QUEUE_DRAIN: 'on' | 'off';
}

/** The keys in the text of a file. @throws {Error} that says what it must be. */
export const queueKeysIn = (text: string): readonly QueueKey[] => {
  const keys = parsed(withoutLineBreak(text));
  if (keys === undefined) throw new Error(`whose content ${RULE}`);
  return keys;
};

/** What everybody can know of the keys, in words; `undefined` where they are fit for production. */
const weakKeyIn = (keys: readonly QueueKey[]): string | undefined => keys.flatMap(({ key }) => weaknessOf(key.reveal()) ?? [])[0];

const checkStrength = (keys: readonly QueueKey[], faults: SettingFaults): void => {
  const weak = weakKeyIn(keys);
  if (weak !== undefined) faults.add('QUEUE_KEYS', `must not be ${weak}: make one of your own (openssl rand -base64 32)`);
};

const checkedText = (text: string, isProduction: boolean): void => {
  const weak = weakKeyIn(queueKeysIn(text));
  if (isProduction && weak !== undefined) throw new Error(`with keys of your own, not ${weak}`);
};

const MISSING =
  'is required in production, where what waits in the queue must be sealed: set it or QUEUE_KEYS_FILE, or QUEUE_CLEAR_TEXT=allowed';

/** Faults are added; what is at fault counts as unset. */
export const readQueueSettings = (
  values: QueueValues,
  environment: Readonly<Record<string, string>>,
  files: SettingFiles,
  faults: SettingFaults,
): QueueSettings => {
  const { QUEUE_KEYS: given, QUEUE_KEYS_FILE: path, QUEUE_CLEAR_TEXT, QUEUE_JOB_EXPIRES_MS: jobExpiresMs } = values;
  if ('QUEUE_KEYS' in environment && path !== undefined) {
    faults.add('QUEUE_KEYS_FILE', 'must not be set beside QUEUE_KEYS: unset one of them');
  }
  const clearText = QUEUE_CLEAR_TEXT === 'allowed';
  const isNamed = 'QUEUE_KEYS' in environment || path !== undefined;
  if (values.NODE_ENV === 'production' && !isNamed && !clearText) faults.add('QUEUE_KEYS', MISSING);
  const isProduction = values.NODE_ENV === 'production';
  if (isProduction) checkStrength(given ?? [], faults);
  const file =
    path === undefined
      ? undefined
      : files.read(
          'QUEUE_KEYS_FILE',
          path,
          (text) => {
            checkedText(text, isProduction);
          },
          faults,
        );
  const keys = given ?? (file === undefined ? [] : queueKeysIn(file.text));
  return { keys, file, clearText, jobExpiresMs, drain: values.QUEUE_DRAIN === 'on' };
};
