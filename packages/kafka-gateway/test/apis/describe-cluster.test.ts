import { describe, expect, it } from 'vitest';
import { describeCluster } from '../../src/messages/describe-cluster.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

const plain = { includeClusterAuthorizedOperations: false };

describe('DescribeCluster', () => {
  it('B1 tells of the broker, which is its own controller', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    for (const version of [0, 1, 2]) {
      expect(await client.ask(describeCluster, version, plain)).toEqual({
        throttleTimeMs: 0,
        errorCode: 0,
        errorMessage: null,
        endpointType: 1,
        clusterId: broker.clusterId,
        controllerId: broker.brokerId,
        brokers: [{ brokerId: broker.brokerId, host: '127.0.0.1', port: kafkaPort, rack: null, isFenced: false }],
        clusterAuthorizedOperations: -0x8000_0000,
      });
    }
  });

  it('B1 says what a caller may do where that is asked', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const answer = await client.ask(describeCluster, 2, { includeClusterAuthorizedOperations: true });
    expect(answer.clusterAuthorizedOperations).toBe(8096);
  });

  it('B1 is no endpoint of a controller, or of what nobody knows', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    expect(await client.ask(describeCluster, 1, { ...plain, endpointType: 2 })).toMatchObject({
      errorCode: 114,
      brokers: [],
    });
    expect(await client.ask(describeCluster, 2, { ...plain, endpointType: 9 })).toMatchObject({ errorCode: 115 });
  });
});
