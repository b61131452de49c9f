import type { ErrorPage } from './error-page.ts';

type AccessError = 'AUTHENTICATION_REQUIRED' | 'AUTHENTICATION_FAILED' | 'UNSUPPORTED_MECHANISM' | 'NOT_AUTHORIZED';

/** Who is let in, and what they may do. */
export const accessPages: Readonly<Record<AccessError, ErrorPage>> = {
  AUTHENTICATION_REQUIRED: {
    causes: [
      'The client was given no user, and the broker serves nobody without one.',
      'The time for which a token or a certificate was shown is over.',
    ],
    client: ['Give the client a user and a password, a token or a certificate.'],
    broker: ['Make a user for the program: q user create.'],
  },
  AUTHENTICATION_FAILED: {
    causes: [
      'The user or the password is misspelt, or was changed.',
      'The token has expired, or is meant for another service.',
      'The certificate was signed by an authority that the broker does not know.',
      'The clock of one of the two machines is wrong.',
    ],
    client: ['Check what the program was given. To try the same again is of no use.'],
    broker: ['The log says more than the client is told: an attacker should not learn which part was wrong.'],
  },
  UNSUPPORTED_MECHANISM: {
    causes: [
      'The client uses a mechanism that the broker does not offer.',
      'It uses PLAIN, which would send the password readably, on a connection without TLS.',
    ],
    client: ['Use one of the mechanisms that the message names.'],
    broker: ['Offer the mechanism, or offer TLS.'],
  },
  NOT_AUTHORIZED: {
    causes: ['No access rule lets the user do this, or one denies it.'],
    client: ['Ask whoever runs the broker. The message names what was refused.'],
    broker: ['Ask q acl test which rule decides; with q acl add the user may do what the program really needs.'],
  },
};
