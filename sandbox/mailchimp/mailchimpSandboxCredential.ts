/**
 * Whom the simulated Mailchimp lets in: any user name with a key that names its data centre, or a token as Bearer.
 */
import type { SandboxAnswer, SandboxRequest } from '../simulation/simulator.ts';
import { keyInvalid, wrongDataCentre } from './mailchimpSandboxProblems.ts';

const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/u;
const BEARER = /^Bearer ([\w.-]{8,200})$/u;
const KEY = /^[^:]*:\w{4,64}-([a-z]{2,10}\d{1,4})$/u;
const HOST = /^([a-z]+\d+)\.api\.mailchimp\.com$/u;

/** `undefined` for a well-formed credential, at the host that its key names; else Mailchimp's refusal. */
export const credentialRefusal = ({ headers }: SandboxRequest): SandboxAnswer | undefined => {
  const authorization = headers['authorization'] ?? '';
  if (BEARER.test(authorization)) return undefined;
  const [, encoded = ''] = BASIC.exec(authorization) ?? [];
  const [, dataCentre] = KEY.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  if (dataCentre === undefined) return keyInvalid;
  const [, asked = dataCentre] = HOST.exec(headers['host'] ?? '') ?? [];
  return asked === dataCentre ? undefined : wrongDataCentre;
};
