/** Two credentials of each service, as it gives them: before and after a rotation. */
export const credentials = {
  hubspot: ['pat-na1-before', 'pat-na1-after'],
  lemlist: ['lemlist-before', 'lemlist-after'],
  explorium: ['explorium-before', 'explorium-after'],
  kit: ['kit_before', 'kit_after'],
  mailchimp: ['before-us1', 'after-us1'],
  sendgrid: ['SG.before', 'SG.after'],
} as const;

export const serviceNames = Object.keys(credentials) as (keyof typeof credentials)[];
