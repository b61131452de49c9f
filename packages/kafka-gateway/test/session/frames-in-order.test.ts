import { encodeBatch } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import type { Api } from '../../src/messages/api.ts';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { fetch } from '../../src/messages/fetch.ts';
import { metadata } from '../../src/messages/metadata.ts';
import { produce } from '../../src/messages/produce.ts';
import { kafkaBroker, RawClient, readAnswer, requestFrame } from '../harness.ts';
import { nativeClient } from '../native.ts';

const named = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };

function producing(value: string, acks: number) {
  const partitionData = [{ index: 0, records: [encodeBatch([{ value: Buffer.from(value) }])] }];
  return { acks, timeoutMs: 10_000, topicData: [{ name: 'orders', partitionData }] };
}

function fetching(fetchOffset: number, maxWaitMs: number) {
  const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }];
  return { maxWaitMs, minBytes: 1, maxBytes: 1 << 20, isolationLevel: 0, topics: [{ topic: 'orders', partitions }] };
}

/** The length and what follows. */
function onTheWire<Q, QIn, A, AIn>(
  api: Api<Q, QIn, A, AIn>,
  version: number,
  correlationId: number,
  body: QIn,
): Buffer {
  const frame = requestFrame(api, { version, correlationId, body });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(frame.length);
  return Buffer.concat([length, frame]);
}

describe('requests of one connection', () => {
  it('B1 are understood however they are cut into pieces', async () => {
    const { kafkaPort } = await kafkaBroker();
    const all = Buffer.concat([
      onTheWire(apiVersions, 3, 1, named),
      onTheWire(metadata, 12, 2, { topics: [] }),
      onTheWire(apiVersions, 0, 3, named),
    ]);
    for (const pieceBytes of [1, 3, all.length - 1, all.length]) {
      const client = await RawClient.connect(kafkaPort);
      for (let at = 0; at < all.length; at += pieceBytes) {
        const isWritten = Promise.withResolvers<void>();
        client.socket.write(all.subarray(at, at + pieceBytes), () => isWritten.resolve());
        await isWritten.promise;
      }
      const answers = [await client.nextFrame(), await client.nextFrame(), await client.nextFrame()];
      expect(answers.map((answer) => answer!.readInt32BE())).toEqual([1, 2, 3]);
    }
  });

  it('B1 are answered in their order, though the first waits for news and those behind it could be answered', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    await (await nativeClient(broker)).admin.createTopic('orders');
    const [reader, writer] = [await RawClient.connect(kafkaPort), await RawClient.connect(kafkaPort)];
    reader.socket.write(
      Buffer.concat([onTheWire(fetch, 11, 7, fetching(0, 60_000)), onTheWire(apiVersions, 0, 8, named)]),
    );
    // Its answer proves that requests of others are served while the first one waits.
    expect((await writer.ask(apiVersions, 0, named)).errorCode).toBe(0);
    await writer.ask(produce, 9, producing('news', -1));
    const first = readAnswer(fetch, 11, (await reader.nextFrame())!);
    expect([first.correlationId, first.body.responses[0]!.partitions[0]!.highWatermark]).toEqual([7, 1]);
    expect(readAnswer(apiVersions, 0, (await reader.nextFrame())!).correlationId).toBe(8);
  });

  it('B1 with and without answers keep their order', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    await (await nativeClient(broker)).admin.createTopic('orders');
    const client = await RawClient.connect(kafkaPort);
    const ids: number[] = [];
    for (let number = 0; number < 50; number += 1) {
      const acks = number % 3 === 0 ? 0 : -1;
      const id = client.send(produce, 9, producing(`${number}`, acks));
      if (acks !== 0) ids.push(id);
    }
    ids.push(client.send(apiVersions, 0, named));
    for (const id of ids) expect((await client.nextFrame())!.readInt32BE()).toBe(id);
    const read = await client.ask(fetch, 11, fetching(0, 0));
    expect(read.responses[0]!.partitions[0]!.highWatermark).toBe(50);
  });
});
