/**
 * What a broker has to hold against strangers, line by line: the mistakes that real brokers have made. Each line names
 * what is so here, and the tests that cite its id prove it (`tests/repository/sec-lines.test.ts`). The table of
 * docs/SECURITY.md is made from it.
 */
export interface SecurityLine {
  readonly id: `SEC-${number}`;
  readonly about: 'decoding' | 'authentication' | 'authorization' | 'limits' | 'console' | 'secrets' | 'supply chain';
  /** One sentence of what is so. */
  readonly holds: string;
}

export const securityLines: readonly SecurityLine[] = [
  {
    id: 'SEC-1',
    about: 'decoding',
    holds: 'A count is compared with the bytes that are left and with a budget of its message before memory is taken.',
  },
  {
    id: 'SEC-2',
    about: 'decoding',
    holds: 'Nobody has more than 64 KiB kept for them, or anything decompressed, before it is known who they are.',
  },
  {
    id: 'SEC-3',
    about: 'decoding',
    holds:
      'Decompression stops at a limit, of which zero means nothing at all; a number of 64 bits is kept exactly or refused.',
  },
  {
    id: 'SEC-4',
    about: 'decoding',
    holds:
      'Patterns that somebody writes run in RE2, which takes time by the length of the text alone, and are few and short.',
  },
  {
    id: 'SEC-5',
    about: 'decoding',
    holds:
      'Memory that is not zeroed is taken in reviewed files only, and used again when its last user has let go of it.',
  },
  {
    id: 'SEC-6',
    about: 'decoding',
    holds: 'A client believes its broker nothing: lengths, counts, checksums, signatures and answers out of turn.',
  },
  {
    id: 'SEC-7',
    about: 'authentication',
    holds: 'With security on, strangers may greet and log in, and what no rule allows is refused.',
  },
  {
    id: 'SEC-8',
    about: 'authentication',
    holds: 'Every mechanism checks all that its standard asks for, and an unknown user sees what a known one sees.',
  },
  {
    id: 'SEC-9',
    about: 'authentication',
    holds:
      'Passwords are stored as keys that check them; failures are answered later and later, and nobody is locked out.',
  },
  { id: 'SEC-10', about: 'authentication', holds: 'TLS is 1.3 where the peer can, and never below 1.2.' },
  {
    id: 'SEC-11',
    about: 'authorization',
    holds: 'A rule that denies beats all that allow, and every API has a row in the table of what it needs.',
  },
  {
    id: 'SEC-12',
    about: 'authorization',
    holds: 'What is acted on is what was checked, in the services, so that every door has the same checks.',
  },
  {
    id: 'SEC-13',
    about: 'limits',
    holds:
      'Connections, accepts, handshakes, frames, requests, answers and what clients may make all have finite limits.',
  },
  {
    id: 'SEC-14',
    about: 'console',
    holds: 'There is no console and no cookie; pages of other origins and names of other hosts are refused.',
  },
  {
    id: 'SEC-15',
    about: 'secrets',
    holds:
      'No secret stands in an argument, a log, an error, a metric or a dump, and who was refused what is written down.',
  },
  {
    id: 'SEC-16',
    about: 'supply chain',
    holds:
      'Versions are exact, locked and a day old at least; nothing runs when it is installed, and little is there at run time.',
  },
];
