/** What becomes of the certificates that a broker shows. */
export const tlsEvents = {
  'tls.reloaded': {
    level: 'info',
    meaning: 'Other certificates are in force at a listener, for connections from now on.',
    fields: ['listener', 'by', 'subject', 'serial', 'validTo'],
  },
  'tls.reload_failed': {
    level: 'error',
    meaning: 'Files of certificates were read again and cannot be used. The old certificates stay in force.',
    fields: ['listener', 'by', 'reason'],
  },
  'tls.key_readable': {
    level: 'warn',
    meaning: 'Everybody on the machine may read a private key of the broker.',
    fields: ['file'],
  },
  'broker.first_admin': {
    level: 'info',
    meaning: 'There was no user: the first administrator was made, with rules that allow everything.',
    fields: ['user'],
  },
  'broker.no_users': {
    level: 'warn',
    meaning:
      'Whoever comes has to show a password, and there is no user: nobody can come in. q-broker init --admin makes the first one.',
    fields: [],
  },
  'broker.no_login': {
    level: 'warn',
    meaning:
      'Other machines reach listeners that ask nobody who they are (authentication none). Whoever comes in there may do what rules allow User:ANONYMOUS.',
    fields: ['listeners'],
  },
  'broker.insecure': {
    level: 'warn',
    meaning: 'Whoever reaches this broker from another machine may do everything: it was started with --insecure.',
    fields: ['listeners'],
  },
} as const;
