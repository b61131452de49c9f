import { describe, expect, it } from 'vitest';
import { apiVersions } from '../../src/messages/api-versions.ts';
import { exchangesIn } from '../captures.ts';
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
    // Kafka 4.4.0, seen on the wire: the list is empty then, and the connection stays usable.
    const elsewhere = { ...named, clusterId: 'elsewhere', nodeId: broker.brokerId };
    expect((await client.ask(apiVersions, 5, elsewhere)).apiKeys).toEqual([]);
    expect((await client.ask(apiVersions, 5, named)).errorCode).toBe(0);
  });

  it('B1 takes the names of clients, and refuses an empty one with 42 (Kafka 4.3.1, seen 2026-11-30)', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const ask = async (clientSoftwareName: string, clientSoftwareVersion: string): Promise<number> =>
      (await client.ask(apiVersions, 3, { clientSoftwareName, clientSoftwareVersion })).errorCode;
    for (const [name, version] of [
      ['platformatic-kafka', '2.12.1'],
      ['confluent-kafka-python', '2.16.1-rdkafka-2.16.0'],
      ['kgo', 'v1.22.3'],
      ['sarama', 'v1.61.1'],
      ['apache-kafka-java', '4.3.1'],
    ] as const) {
      expect(await ask(name, version)).toBe(0);
    }
    expect(await ask('', '1.0')).toBe(42);
    expect(await ask('raw', '')).toBe(42);
    // kafkajs names nothing: its version has no room for it.
    expect((await client.ask(apiVersions, 2, {})).errorCode).toBe(0);
  });

  it('B1 closes the connection for an API that it does not serve', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    client.sendFrame(Buffer.from('7fff000000000001ffff', 'hex'));
    expect(await client.nextFrame()).toBeNull();
  });
});

describe('the list of APIs', () => {
  const listed = async (): Promise<Map<number, string>> => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    return rangesOf((await client.ask(apiVersions, 4, named)).apiKeys);
  };

  it('B1 has each in the range of Kafka 4.4.0, as its own client was told', async () => {
    const recorded = exchangesIn('java-4.4').find(({ apiKey, apiVersion }) => apiKey === 18 && apiVersion === 5)!;
    const theirs = rangesOf(readAnswer(apiVersions, 5, recorded.response!).body.apiKeys);
    // AddPartitionsToTxn 4 and 5 are for brokers.
    const fewer = new Map([[24, '0 to 3']]);
    for (const [key, range] of await listed()) expect(range, `API ${key}`).toBe(fewer.get(key) ?? theirs.get(key));
  });

  it('B1 begins with Produce 0: for a minimum of 3 librdkafka 2.3.0 sends what it should compress as it is', async () => {
    expect((await listed()).get(0)).toBe('0 to 13');
  });

  // Seen 2026-11-30 with a Kafka 4.3.1 of which a proxy listed less.
  it('B1 has what clients cannot do without', async () => {
    const ours = await listed();
    const each = [0, 1, 2, 3, 18];
    const groups = [8, 9, 10, 11, 12, 13, 14];
    // Without 22 a Java producer cannot send, without 32 `topics --describe` fails.
    const java = [22, 32];
    const transactions = [24, 25, 26, 28];
    // Listed and refused with 35 is an error to every client; left out, librdkafka reads nothing and says nothing.
    const newProtocol = [68, 69];
    for (const key of [...each, ...groups, ...java, ...transactions, ...newProtocol])
      expect(ours.has(key), `API ${key}`).toBe(true);
  });

  it('B1 has no telemetry', async () => {
    const ours = await listed();
    for (const key of [71, 72]) expect(ours.has(key), `API ${key}`).toBe(false);
  });
});

function rangesOf(apiKeys: readonly { apiKey: number; minVersion: number; maxVersion: number }[]): Map<number, string> {
  return new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, `${minVersion} to ${maxVersion}`]));
}
