import type { ErrorPage } from './error-page.ts';

type ProtocolError =
  | 'NONE'
  | 'UNKNOWN'
  | 'FRAME_TOO_LARGE'
  | 'MALFORMED_FRAME'
  | 'HELLO_REQUIRED'
  | 'UNSUPPORTED_VERSION'
  | 'UNKNOWN_API'
  | 'INVALID_REQUEST'
  | 'REQUEST_TIMED_OUT'
  | 'BROKER_BUSY'
  | 'SHUTTING_DOWN'
  | 'TOO_MANY_CONNECTIONS';

/** Frames, requests and connections. */
export const protocolPages: Readonly<Record<ProtocolError, ErrorPage>> = {
  NONE: {
    causes: ['An answer carries this number where nothing went wrong. No program ever throws it.'],
    client: [],
    broker: [],
  },
  UNKNOWN: {
    causes: [
      'The broker met something that it did not foresee: a fault of its own.',
      'The broker is newer than this library, and sent a number that the library does not know. `details.errorCode` has it then.',
    ],
    client: [
      'Look whether `details.errorCode` is set. If so, upgrade the client.',
      'Otherwise do not try the same request again in a loop: it would most likely fail again.',
    ],
    broker: [
      'Find the line `request.failed` or `partition.not_served` in the log of that time. It has the stack, and what it came from.',
      'Report it with that line.',
    ],
  },
  FRAME_TOO_LARGE: {
    causes: [
      'A request is larger than the limit `frameBytesMax` of the broker (16 MiB unless changed).',
      'Another program talks to this port: the first bytes of HTTP or TLS, read as a length, are a huge number.',
    ],
    client: [
      'Send less at once. The client of q splits batches by itself, so this is most often a single record that is too large.',
      'Check the port: 7420 is for q clients, 9092 for Kafka clients, 7421 for HTTP.',
    ],
    broker: ['Raise `frameBytesMax` with `--limit`, together with `max.message.bytes` of the topic.'],
  },
  MALFORMED_FRAME: {
    causes: [
      'The sender encodes a message in another way than the protocol describes.',
      'Something between client and broker changes or cuts the bytes.',
    ],
    client: [
      'With `@q/client`: report it, as no program should be able to cause it.',
      'With a client of your own: compare with the test vectors of RFC 1. The message names the field that could not be read.',
    ],
    broker: ['The line `request.malformed` in the log names the client, its address and its connection.'],
  },
  HELLO_REQUIRED: {
    causes: ['A client of your own sent another request before HELLO, or did not wait for its answer.'],
    client: ['Send HELLO first on every new connection, and go on when it was answered.'],
    broker: [],
  },
  UNSUPPORTED_VERSION: {
    causes: [
      'The client is newer than the broker, and uses a version of a request that the broker does not have yet.',
      'The client is far older than the broker. Releases keep serving the clients of earlier ones, so this is rare.',
    ],
    client: ['Upgrade whichever of the two is older. The message names the versions that the broker serves.'],
    broker: ['Upgrade the broker before its clients.'],
  },
  UNKNOWN_API: {
    causes: [
      'The client asks for something that came with a later release of the broker.',
      'It sends a request that this broker does not offer, such as one of another cluster size.',
    ],
    client: ['Look at the list of APIs in the HELLO answer, and do without, or connect to a newer broker.'],
    broker: ['Upgrade the broker.'],
  },
  INVALID_REQUEST: {
    causes: [
      'A value is out of its range, or two values contradict each other. The message names them.',
      'The request is about a topic of the broker itself (`__metadata`, `__groups`), which nobody else may change.',
      'It names more topics or partitions than the broker may have.',
    ],
    client: ['Correct the value that the message names. To try the same again is of no use.'],
    broker: [],
  },
  REQUEST_TIMED_OUT: {
    causes: [
      'The disk of the broker is slow: a record was not durable within the time that the request allowed.',
      'The broker is overloaded, so that requests wait for their turn.',
      'The time limit is shorter than the way to the broker and back.',
    ],
    client: [
      'Nothing, as a rule: producers and consumers try again by themselves, and an idempotent producer makes no duplicates.',
      'When it goes on, raise `requestTimeoutMs`, and send less at once.',
    ],
    broker: [
      'Look at the p99 of syncs in `q stats` and `/metrics`. A disk that needs more than some 20 ms for a sync is the cause.',
      'Look at the delay of the event loop. One that is often above 100 ms says that the machine is too small.',
    ],
  },
  BROKER_BUSY: {
    causes: [
      'More bytes of requests wait for the disk than the limit `brokerBytesHardMax` (384 MiB) allows.',
      'Somebody else changed the same topic at the same moment.',
      'At a login: passwords from this address, or its /64 of IPv6, were wrong, and the next ones are checked one after another.',
    ],
    client: ['Wait and try again; producers do. When it goes on, send less at once or from fewer producers.'],
    broker: [
      'The line `memory.over_budget` in the log says since when, and `memory.within_budget` how long it took.',
      'Look at the disk first: requests pile up where it is slow. Raise the limit only when there is memory to spare.',
      'Of logins q audit --event audit.login_refused says who guesses, or which program has a wrong password.',
    ],
  },
  SHUTTING_DOWN: {
    causes: ['The broker was told to stop, by SIGTERM or by whoever runs it.'],
    client: ['Nothing: clients connect again by themselves, for as long as it takes.'],
    broker: ['Start it again. The log has `process.stopping` with the signal.'],
  },
  TOO_MANY_CONNECTIONS: {
    causes: [
      'Programs open a connection for each message, and do not close it.',
      'One address has more than `connectionsPerAddressMax` (2,000): many programs behind one address.',
      'The process may have few files open, so that the broker takes fewer connections (`ulimit -n`).',
    ],
    client: ['Connect once in a program and share the connection: one carries any number of producers and consumers.'],
    broker: [
      'The line `connection.refused` names the address and the limit. `q stats` lists connections by client.',
      'Raise `connectionsMax` or `connectionsPerAddressMax` with `--limit`, and `LimitNOFILE` of the service with it.',
    ],
  },
};
