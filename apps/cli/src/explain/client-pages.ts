import type { ErrorPage } from './error-page.ts';

type ClientError =
  | 'CONNECTION_LOST'
  | 'DELIVERY_TIMED_OUT'
  | 'BUFFER_FULL'
  | 'CLOSED'
  | 'ABORTED'
  | 'SCHEMA_MISMATCH'
  | 'NO_BROKER'
  | 'NO_COMMITTED_OFFSET';

/** What a client makes itself; no broker sends these. */
export const clientPages: Readonly<Record<ClientError, ErrorPage>> = {
  CONNECTION_LOST: {
    causes: [
      'The broker stopped or crashed, or was restarted.',
      'Something between the two closed the connection: a load balancer with an idle limit, a firewall, a changed network.',
      'The broker hung up: the message or its log says why.',
    ],
    client: [
      'Nothing: clients connect again, and send again what was not answered. An idempotent producer makes no duplicates.',
    ],
    broker: ['The line `connection.dropped` says why the broker hung up. Without one the other side did.'],
  },
  DELIVERY_TIMED_OUT: {
    causes: [
      'The broker refused the record again and again, for a reason that might have passed. The cause (`error.cause`) has the last one, such as STORAGE_FULL.',
      'No broker could be reached for the whole time.',
      'More was sent than the broker or the network takes, so that the record waited in the buffer.',
    ],
    client: [
      'Look at `error.cause` first: `q explain` with its code tells what to do.',
      '`details.outcome` says whether the record may have been stored: `not-stored` can be sent again without thinking.',
      'Raise `deliveryTimeoutMs` where programs should wait for longer (120 s unless set).',
    ],
    broker: ['Look in the log for `disk.full` and `memory.over_budget`.'],
  },
  BUFFER_FULL: {
    causes: [
      'The program produces faster than the broker acknowledges, and `enqueue` does not wait.',
      'No broker can be reached, so records gather.',
    ],
    client: [
      'Wait with `await producer.ready()`, or use `send`, which waits by itself.',
      'Raise `maxBufferedBytes` to bridge bursts.',
    ],
    broker: [],
  },
  CLOSED: {
    causes: [
      'A producer, consumer or connection is used after `close()`, or after the end of its `await using` block.',
      'It closed by itself after an error that cannot be mended. The cause has it.',
    ],
    client: ['Open a new one. Await all sends before the block ends.'],
    broker: [],
  },
  ABORTED: {
    causes: ['The `signal` that the program gave was aborted.'],
    client: ['Nothing: this is what the program asked for.'],
    broker: [],
  },
  SCHEMA_MISMATCH: {
    causes: [
      'A producer gives a value that the schema of its topic does not allow.',
      'A consumer meets a record that another program, or an older release of this one, has written in another form.',
    ],
    client: [
      'Correct the value, or widen the schema so that old records fit as well. The message names the place in the value.',
      'A consumer may skip such records, or get them raw: `onInvalid`.',
    ],
    broker: [],
  },
  NO_BROKER: {
    causes: [
      'No broker runs at this address, or it listens on another address: 127.0.0.1 unless told otherwise.',
      'The port is wrong: 7420 is for q clients, 9092 for Kafka clients, 7421 for HTTP.',
      'The broker is still starting: it opens its ports once its data is read.',
      'A firewall, or a missing port mapping of a container.',
    ],
    client: ['Check the address with `q stats --url …`. The message has the last error of the system.'],
    broker: [
      'The line `process.ready` has the addresses. `--host 0.0.0.0` lets other machines in.',
      'Behind a port mapping set `--advertised host:port`.',
    ],
  },
  NO_COMMITTED_OFFSET: {
    causes: [
      'The group has never committed an offset for the partition, and the consumer has `from: none`.',
      'The offsets of the group have expired or were deleted.',
    ],
    client: ["Choose: `from: 'earliest'` or `'latest'`, or set the offset with `q group seek`."],
    broker: [],
  },
};
