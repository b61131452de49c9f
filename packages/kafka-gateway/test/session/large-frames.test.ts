/** Requests that are larger than those of the native protocol: some Kafka clients gather up to 100 MiB. */
import { encodeBatch } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { metadata } from '../../src/messages/metadata.ts';
import { produce } from '../../src/messages/produce.ts';
import { kafkaBroker, RawClient, requestFrame } from '../harness.ts';
import { nativeClient } from '../native.ts';
import { sending } from '../producing.ts';

const partitions = 8;
const MiB = 1 << 20;

function largeRequest() {
  const batches = Array.from({ length: partitions }, () =>
    encodeBatch([{ value: Buffer.alloc(MiB - 1024), timestampMs: Date.now() }]),
  );
  return sending({ name: 'orders' }, batches);
}

describe('a request of batches for many partitions', () => {
  it('B1 may be larger than a connection holds as a rule, and others are served meanwhile', async () => {
    const limits = { frameBytesMax: 2 * MiB, fetchBytesMax: MiB, connectionBytesMax: 4 * MiB };
    const { broker, kafkaPort } = await kafkaBroker({ limits });
    const q = await nativeClient(broker);
    await q.admin.createTopic('orders', { partitions });
    const [client, other] = [await RawClient.connect(kafkaPort), await RawClient.connect(kafkaPort)];
    for (let round = 0; round < 3; round += 1) {
      client.send(produce, 11, largeRequest());
      expect((await other.ask(metadata, 12, { topics: [] })).brokers).toHaveLength(1);
      const frame = await client.nextFrame();
      const { responses } = produce.response.decode(frame!, 5, 11);
      expect(responses[0]!.partitionResponses.map(({ errorCode }) => errorCode)).toEqual(
        Array.from({ length: partitions }, () => 0),
      );
    }
    expect((await q.admin.describeTopic('orders')).messages).toBe(3 * partitions);
  });

  it('B1 closes its connection beyond the limit of the door, as soon as its length is known', async () => {
    const { kafkaPort } = await kafkaBroker({ kafka: { frameBytesMax: 5 * MiB } });
    const client = await RawClient.connect(kafkaPort);
    const frame = requestFrame(produce, { version: 11, correlationId: 1, body: largeRequest() });
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    client.socket.write(Buffer.concat([length, frame.subarray(0, 100)]));
    expect(await client.nextFrame()).toBeNull();
  });
});
