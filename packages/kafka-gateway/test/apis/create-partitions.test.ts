import { describe, expect, it } from 'vitest';
import { createPartitions } from '../../src/messages/create-partitions.ts';
import { metadata } from '../../src/messages/metadata.ts';
import type { RawClient } from '../harness.ts';
import { createTopic, openClient, timeoutMs } from './admin-client.ts';

interface Wanted {
  readonly name?: string;
  readonly count: number;
  readonly assignments?: readonly { readonly brokerIds: readonly number[] }[];
}

/** The error's number and message. */
async function grow(client: RawClient, { name = 'orders', ...wanted }: Wanted, validateOnly = false): Promise<string> {
  const { results } = await client.ask(createPartitions, 3, { topics: [{ name, ...wanted }], timeoutMs, validateOnly });
  expect(results).toMatchObject([{ name }]);
  return `${results[0]!.errorCode} ${results[0]!.errorMessage ?? ''}`;
}

async function partitionsOf(client: RawClient): Promise<number> {
  const { topics } = await client.ask(metadata, 12, { topics: [{ name: 'orders' }] });
  return topics[0]!.partitions.length;
}

describe('CreatePartitions', () => {
  it('B1 brings a topic to a number of partitions in every version, and says so', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    for (let version = 0; version <= 3; version += 1) {
      const topics = [{ name: 'orders', count: version + 2 }];
      const { results } = await client.ask(createPartitions, version, { topics, timeoutMs });
      expect(results).toEqual([{ name: 'orders', errorCode: 0, errorMessage: null }]);
      expect(await partitionsOf(client)).toBe(version + 2);
    }
  });

  it('B1 refuses a number that is no more than there are', async () => {
    const client = await openClient();
    await createTopic(client, 'orders', { partitions: 3 });
    for (const count of [3, 2, 0, -1]) expect(await grow(client, { count })).toMatch(/^37 .*\d/);
    expect(await grow(client, { count: 2_000_000_000 })).toMatch(/^37 /);
    expect(await partitionsOf(client)).toBe(3);
  });

  it('B1 only validates where it is asked to', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    expect(await grow(client, { count: 4 }, true)).toBe('0 ');
    expect(await grow(client, { count: 1 }, true)).toMatch(/^37 /);
    expect(await partitionsOf(client)).toBe(1);
  });

  it('B1 takes assignments of the new partitions that name this broker alone', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    const on = (...brokerIds: number[]) => ({ brokerIds });
    expect(await grow(client, { count: 3, assignments: [on(1)] })).toMatch(/^39 .*2 assignments, not 1/);
    expect(await grow(client, { count: 2, assignments: [] })).toMatch(/^39 /);
    expect(await grow(client, { count: 2, assignments: [on(2)] })).toMatch(/^39 .*broker 2/);
    expect(await grow(client, { count: 2, assignments: [on(1, 1)] })).toMatch(/^39 /);
    expect(await grow(client, { count: 2, assignments: [on()] })).toMatch(/^39 /);
    expect(await grow(client, { count: 1, assignments: [on(2)] })).toMatch(/^37 /);
    expect(await partitionsOf(client)).toBe(1);
    expect(await grow(client, { count: 3, assignments: [on(1), on(1)] })).toBe('0 ');
    expect(await partitionsOf(client)).toBe(3);
  });

  it('B1 says of each topic what is wrong with it, and grows the others', async () => {
    const client = await openClient();
    await createTopic(client, 'orders');
    const topics = ['none', '__groups', 'twice', 'twice', 'orders'].map((name) => ({ name, count: 2 }));
    const { results } = await client.ask(createPartitions, 3, { topics, timeoutMs });
    expect(results.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['none', 3],
      ['__groups', 42],
      ['twice', 42],
      ['orders', 0],
    ]);
    for (const { errorCode, errorMessage } of results) expect(errorMessage === null).toBe(errorCode === 0);
  });
});
