/** What becomes of connections and their requests, at every door. */
export const connectionEvents = {
  'connection.accepted': {
    level: 'debug',
    meaning: 'A client has connected.',
    fields: ['connectionId', 'address', 'door', 'listener'],
  },
  'connection.refused': {
    level: 'warn',
    meaning: 'A connection was refused, because there are as many as may be.',
    fields: ['address', 'door', 'listener', 'limit', 'value'],
  },
  'connection.closed': {
    level: 'debug',
    meaning: 'A connection has ended in order, by its client or because the broker stops.',
    fields: ['connectionId', 'address', 'door', 'listener', 'clientId', 'reason', 'requests', 'forMs'],
  },
  'connection.dropped': {
    level: 'info',
    meaning:
      'The broker has hung up on a client: a time limit, bytes that are not of the protocol, or no login. With the reason TLS_TO_PLAIN_PORT the client speaks TLS, and the listener does not encrypt.',
    fields: ['connectionId', 'address', 'door', 'listener', 'clientId', 'reason', 'requests', 'forMs'],
  },
  'connection.accept_failed': {
    level: 'warn',
    meaning: 'A connection could not be accepted by the system.',
    fields: ['door', 'listener', 'err'],
  },
  'connection.no_handshake': {
    level: 'debug',
    meaning: 'A peer did not shake hands as TLS has it: it speaks something else, or does not trust the certificate.',
    fields: ['door', 'listener', 'err'],
  },
  'connection.not_encrypted': {
    level: 'info',
    meaning: 'A client without TLS came to a listener that encrypts. Set it up for TLS, such as `ssl` in kafkajs.',
    fields: ['door', 'listener', 'address'],
  },
  'door.port_taken': {
    level: 'warn',
    meaning: 'Another program has the port of this door, which stays shut.',
    fields: ['door', 'host', 'port'],
  },
  'login.refused': {
    level: 'warn',
    meaning: 'Somebody could not show who they are. The reason is for the log alone; the client is told less.',
    fields: ['door', 'mechanism', 'user', 'reason', 'address', 'clientId', 'connectionId'],
  },
  'client.throttled': {
    level: 'info',
    meaning: 'A user has used more than its quota, and is slowed down: once a minute at most for each user.',
    fields: ['user', 'clientId', 'address', 'quota', 'throttleMs', 'times'],
  },
  'login.done': {
    level: 'debug',
    meaning: 'Somebody has shown who they are.',
    fields: ['door', 'mechanism', 'principal', 'address', 'clientId', 'connectionId'],
  },
  'tokens.keys_changed': {
    level: 'info',
    meaning: 'Tokens are checked with these keys of their issuer from now on.',
    fields: ['url', 'keys'],
  },
  'tokens.keys_not_read': {
    level: 'error',
    meaning: 'The keys of tokens could not be read. Those that were read last hold for a day.',
    fields: ['url', 'reason'],
  },
  'tokens.keys_read_again': {
    level: 'info',
    meaning: 'The keys of tokens can be read again.',
    fields: ['url', 'failures'],
  },
  'request.malformed': {
    level: 'warn',
    meaning: 'The bytes of a request are not what the protocol calls for. Its client is broken, or speaks another one.',
    fields: ['door', 'api?', 'code', 'reason', 'clientId', 'address', 'connectionId', 'requestId?'],
  },
  'request.refused': {
    level: 'info',
    meaning: 'A request was refused, and would be again: its client has to change something.',
    fields: ['door', 'api', 'code', 'reason?', 'clientId', 'address', 'connectionId', 'requestId?'],
  },
  'request.failed': {
    level: 'error',
    meaning: 'The broker failed to serve a request.',
    fields: ['door', 'api?', 'code', 'err', 'clientId', 'address', 'connectionId', 'requestId?'],
  },
  'request.answer_failed': {
    level: 'error',
    meaning: 'An answer could not be encoded. Its connection is closed.',
    fields: ['door', 'api', 'err'],
  },
} as const;
