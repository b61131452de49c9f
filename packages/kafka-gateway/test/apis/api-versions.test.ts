import { describe, expect, it } from 'vitest';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { kafkaBroker, RawClient, readAnswer, requestFrame } from '../harness.ts';

const named = { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' };

describe('ApiVersions', () => {
  it('B1 answers every version that it has', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    for (let version = 0; version <= 5; version += 1) {
      const answer = await client.ask(apiVersions, version, named);
      expect(answer.errorCode).toBe(0);
      expect(answer.apiKeys).toContainEqual({ apiKey: 18, minVersion: 0, maxVersion: 5 });
    }
  });

  it('B1 answers a version that is too new in version 0, with its own range, and goes on', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    client.sendFrame(requestFrame(apiVersions, { version: 6, correlationId: 7, body: named }));
    const frame = await client.nextFrame();
    expect(readAnswer(apiVersions, 0, frame!)).toMatchObject({
      correlationId: 7,
      body: { errorCode: 35, apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 5 }] },
    });
    expect((await client.ask(apiVersions, 3, named)).errorCode).toBe(0);
  });

  it('B1 compares the cluster and the node of version 5 where they are given', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const ask = async (clusterId: string | null, nodeId: number): Promise<number> =>
      (await client.ask(apiVersions, 5, { ...named, clusterId, nodeId })).errorCode;
    expect(await ask(null, -1)).toBe(0);
    expect(await ask(broker.clusterId, broker.brokerId)).toBe(0);
    expect(await ask(broker.clusterId, -1)).toBe(42);
    expect(await ask(null, broker.brokerId)).toBe(42);
    expect(await ask('elsewhere', broker.brokerId)).toBe(129);
    expect(await ask(broker.clusterId, broker.brokerId + 1)).toBe(129);
  });

  it('B1 closes the connection for an API that it does not serve', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    client.sendFrame(Buffer.from('7fff000000000001ffff', 'hex'));
    expect(await client.nextFrame()).toBeNull();
  });
});
