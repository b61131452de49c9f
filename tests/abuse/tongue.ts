import { encodeRequest, Fetch, Hello, helloMagic, Metadata } from '@q/protocol';
import type { Api } from '@q/protocol';
import { apiVersions } from '../../packages/kafka-gateway/src/messages/api-versions.ts';
import { fetch } from '../../packages/kafka-gateway/src/messages/fetch.ts';
import { metadata } from '../../packages/kafka-gateway/src/messages/metadata.ts';
import { kafkaFetchBody, kafkaRequestBytes } from '../kafka-connection.ts';

/** Where a broker can be abused. */
export interface Ports {
  readonly native: number;
  readonly kafka: number;
}

/** One of its protocols, as far as hostile clients speak it. Half of each crowd speaks one, half the other. */
export interface Tongue {
  readonly name: 'native' | 'Kafka';
  /** What it begins with, and is answered. */
  readonly greeting: Buffer;
  /** A request that asks for topics of these names. */
  topicsRequest(names: readonly string[]): Buffer;
  /** One that says, in two ways, that it has more topics than fit in it. */
  absurdCount(way: 0 | 1): Buffer;
  /** One that fetches as much of a topic, from its beginning. */
  fetchRequest(topic: { readonly name: string; readonly topicId: string }, maxBytes: number): Buffer;
}

const lengthBytes = 4;

/** The bytes with a length in front of them that fits. */
function withLength(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(bytes.length - lengthBytes, 0);
  return bytes;
}

function nativeBytes<Q, A>(api: Api<Q, A>, body: Q): Buffer {
  return Buffer.concat(encodeRequest(api, { version: api.versions.max, correlationId: 1, body }));
}

const nativeHeadBytes = 12;

const native: Tongue = {
  name: 'native',
  greeting: nativeBytes(Hello, { magic: helloMagic, clientId: 'hostile', software: 'q-tests', softwareVersion: '0' }),
  topicsRequest: (topics) => nativeBytes(Metadata, { topics }),
  absurdCount: (way) => {
    // The count of topics becomes the greatest that a varint can say, or one that a million could fill.
    const count = way === 0 ? [0xff, 0xff, 0xff, 0xff, 0x0f] : [0xc0, 0x84, 0x3d];
    const head = nativeBytes(Metadata, { topics: ['x'] }).subarray(0, nativeHeadBytes);
    return withLength(Buffer.concat([head, Buffer.from(count), Buffer.alloc(200, 1)]));
  },
  fetchRequest: ({ topicId }, maxBytes) => {
    const partitions = [{ partition: 0, leaderEpoch: -1, fetchOffset: 0, maxBytes }];
    return nativeBytes(Fetch, {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes,
      isolation: 0,
      throttleWaitMs: -1,
      topics: [{ topicId, partitions }],
    });
  },
};

/** Metadata, with counts of four bytes and with compact ones. */
const kafkaVersions = [8, 12] as const;

const kafka: Tongue = {
  name: 'Kafka',
  greeting: kafkaRequestBytes(apiVersions, {
    version: 3,
    body: { clientSoftwareName: 'hostile', clientSoftwareVersion: '0' },
  }),
  topicsRequest: (names) =>
    kafkaRequestBytes(metadata, { version: 12, body: { topics: names.map((name) => ({ name })) } }),
  absurdCount: (way) => {
    const version = kafkaVersions[way];
    const empty = kafkaRequestBytes(metadata, { version, body: { topics: [] } });
    // Behind the count are the booleans and, in the flexible version, the number of tagged fields.
    const tailBytes = way === 0 ? 4 + 3 : 1 + 3;
    const count = way === 0 ? [0x7f, 0xff, 0xff, 0xff] : [0xc0, 0x84, 0x3d];
    return withLength(Buffer.concat([empty.subarray(0, -tailBytes), Buffer.from(count), Buffer.alloc(200, 1)]));
  },
  fetchRequest: ({ name }, maxBytes) =>
    kafkaRequestBytes(fetch, { version: 12, body: kafkaFetchBody(name, { from: 0, maxBytes }) }),
};

/** What the client of this number speaks, and where. */
export function tongueOf(number: number, ports: Ports): { readonly tongue: Tongue; readonly port: number } {
  return number % 2 === 0 ? { tongue: native, port: ports.native } : { tongue: kafka, port: ports.kafka };
}
