/**
 * Where Mailchimp is and how it is asked: its key says both.
 */

/** What follows the last `-` of a key. It chooses a host, so it must be no more than the name of a data centre. */
const DATA_CENTRE = /-([a-z]{2,10}\d{1,4})$/u;

const dataCentreOf = (secret: string): string | undefined => DATA_CENTRE.exec(secret)?.[1];

/**
 * The base URL of the account's data centre.
 *
 * @throws {Error} for a credential that names none, such as an OAuth token: then the address must be set.
 */
export const mailchimpBaseUrl = (secret: string): string => {
  const dataCentre = dataCentreOf(secret);
  if (dataCentre !== undefined) return `https://${dataCentre}.api.mailchimp.com/3.0`;
  throw new Error('MAILCHIMP_API_KEY must end in its data centre, such as -us19; for an OAuth token set MAILCHIMP_BASE_URL');
};

/** A key goes as the password of whatever user; an OAuth token, which names no data centre, as Bearer. */
export const mailchimpCredential = (secret: string): Readonly<Record<string, string>> => ({
  authorization: dataCentreOf(secret) === undefined ? `Bearer ${secret}` : `Basic ${Buffer.from(`anystring:${secret}`).toString('base64')}`,
});
