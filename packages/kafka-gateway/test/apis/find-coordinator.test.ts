import { describe, expect, it } from 'vitest';
import type { Api } from '../../src/messages/api.ts';
import { deleteGroups } from '../../src/messages/delete-groups.ts';
import { describeGroups } from '../../src/messages/describe-groups.ts';
import { findCoordinator } from '../../src/messages/find-coordinator.ts';
import { offsetFetch } from '../../src/messages/offset-fetch.ts';
import { kafkaBroker, RawClient } from '../harness.ts';

describe('FindCoordinator', () => {
  it('B1 names the port that this door has, in every version and for several keys', async () => {
    const { broker, kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const where = { nodeId: broker.brokerId, host: '127.0.0.1', port: kafkaPort, errorCode: 0 };
    for (const version of [0, 1, 2, 3]) {
      const answer = await client.ask(findCoordinator, version, { key: 'g' });
      expect(answer).toMatchObject({ ...where, errorMessage: version === 0 ? null : 'NONE', coordinators: [] });
    }
    for (const version of [4, 5, 6]) {
      const { coordinators } = await client.ask(findCoordinator, version, { coordinatorKeys: ['g', 'h'] });
      expect(coordinators).toEqual([
        { key: 'g', ...where, errorMessage: '' },
        { key: 'h', ...where, errorMessage: '' },
      ]);
    }
  });

  it('B1 3 names the advertised address, and no default port', async () => {
    const { kafkaPort } = await kafkaBroker({ kafka: { advertised: { host: 'log.example', port: 19_092 } } });
    const client = await RawClient.connect(kafkaPort);
    const where = { host: 'log.example', port: 19_092 };
    expect(await client.ask(findCoordinator, 2, { key: 'g' })).toMatchObject(where);
    const { coordinators } = await client.ask(findCoordinator, 6, { coordinatorKeys: ['g'] });
    expect(coordinators).toMatchObject([where]);
  });

  it('B1 coordinates transactional ids, so that InitProducerId can refuse them', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    expect(await client.ask(findCoordinator, 2, { key: 'tx', keyType: 1 })).toMatchObject({ errorCode: 0 });
    const { coordinators } = await client.ask(findCoordinator, 4, { keyType: 1, coordinatorKeys: ['tx'] });
    expect(coordinators).toMatchObject([{ key: 'tx', errorCode: 0, port: kafkaPort }]);
  });

  it('B1 refuses share partitions and unknown types of keys, each key for itself', async () => {
    const { kafkaPort } = await kafkaBroker();
    const client = await RawClient.connect(kafkaPort);
    const refused = async (version: number, keyType: number): Promise<unknown> =>
      (await client.ask(findCoordinator, version, { keyType, coordinatorKeys: ['a', 'b'] })).coordinators;
    const nowhere = { nodeId: -1, host: '', port: -1 };
    expect(await refused(6, 2)).toMatchObject([
      { key: 'a', errorCode: 35, ...nowhere },
      { key: 'b', errorCode: 35, ...nowhere },
    ]);
    expect(await refused(5, 2)).toMatchObject([{ errorCode: 42 }, { errorCode: 42 }]);
    expect(await refused(6, 7)).toMatchObject([{ errorCode: 42 }, { errorCode: 42 }]);
    expect(await client.ask(findCoordinator, 1, { keyType: 7 })).toMatchObject({ errorCode: 42, ...nowhere });
  });
});

describe('requests about groups', () => {
  it('B1 hang up on who names more groups than there may be', async () => {
    const { kafkaPort } = await kafkaBroker({ limits: { groupsMax: 3 } });
    const names = ['a', 'b', 'c', 'd'];
    const named = names.map((groupId) => ({ groupId, topics: [] }));
    for (const groups of [named.slice(1), named]) {
      const ids = groups.map(({ groupId }) => groupId);
      const closes = async <Q, QIn, A, AIn>(api: Api<Q, QIn, A, AIn>, version: number, body: QIn): Promise<boolean> => {
        const client = await RawClient.connect(kafkaPort);
        client.send(api, version, body);
        return (await client.nextFrame()) === null;
      };
      const isTooMany = groups.length > 3;
      expect(await closes(findCoordinator, 4, { coordinatorKeys: ids })).toBe(isTooMany);
      expect(await closes(describeGroups, 6, { groups: ids })).toBe(isTooMany);
      expect(await closes(deleteGroups, 3, { groupsNames: ids })).toBe(isTooMany);
      expect(await closes(offsetFetch, 8, { groups })).toBe(isTooMany);
    }
  });
});
