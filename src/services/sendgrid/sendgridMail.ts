/**
 * The mark by which a mail of ours is found again in SendGrid's events.
 */
import type { Mail } from './sendgridMailInput.ts';

/** Of `custom_args`. Every event of a mail repeats it: two mails under one id are a mail sent twice. */
export const REQUEST_ID = 'gateway_request_id';

/** The mail with the id of the request that asked for it; as it is where there is none, or the caller's own stands there. */
export const traced = (mail: Mail, requestId: string | undefined): Mail => {
  if (requestId === undefined || mail.custom_args?.[REQUEST_ID] !== undefined) return mail;
  return { ...mail, custom_args: { ...mail.custom_args, [REQUEST_ID]: requestId } };
};
