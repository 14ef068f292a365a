/**
 * The signature that several services have in common: a moment and a digest in one header.
 */
import { createHmac } from 'node:crypto';

/**
 * `t=<unix seconds>,v1=<hex of HMAC-SHA256 over "<unix seconds>.<body>">`.
 *
 * @param wallTime ms.
 */
export const stampedSignature = (secret: string, body: string, wallTime: number): string => {
  const stamp = String(Math.floor(wallTime / 1000));
  return `t=${stamp},v1=${createHmac('sha256', secret).update(`${stamp}.${body}`).digest('hex')}`;
};
