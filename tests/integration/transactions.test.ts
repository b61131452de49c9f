import { connect as connectSocket, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { QError } from '@q/client';
import type { Q, Transaction, TransactionalProducer } from '@q/client';
import { BatchMemory } from '@q/protocol';
import { readAll, readValues, Scene } from './scene.ts';

async function sceneWith(topics: Readonly<Record<string, number>>, options = {}): Promise<Scene> {
  const scene = await Scene.start(options);
  for (const [name, partitions] of Object.entries(topics)) await scene.q.admin.createTopic(name, { partitions });
  return scene;
}

async function codeOf(failing: Promise<unknown>): Promise<string> {
  try {
    await failing;
  } catch (thrown) {
    return QError.is(thrown) ? thrown.code : String(thrown);
  }
  return 'none';
}

async function committedBy(q: Q, group: string, topic: string): Promise<number[]> {
  const description = await q.admin.describeGroup(group);
  return description.partitions
    .filter((part) => part.topic === topic)
    .map(({ committedOffset }) => committedOffset ?? -1);
}

async function sortedValues(q: Q, topic: string): Promise<string[]> {
  return (await readValues(q, topic)).map(String).toSorted();
}

/** Aborts on purpose. */
class Wanted extends Error {}

async function aborted(producer: TransactionalProducer, work: (tx: Transaction) => Promise<unknown>): Promise<void> {
  const failing = producer.transaction(async (tx) => {
    await work(tx);
    throw new Wanted();
  });
  await expect(failing).rejects.toBeInstanceOf(Wanted);
}

describe('X1 transactions of a client', () => {
  it('X1 show all that they sent, together, once they are committed', async () => {
    await using scene = await sceneWith({ orders: 3, bills: 1 });
    await using producer = scene.q.producer({ transactionalId: 'billing-1' });
    const result = await producer.transaction(async (tx) => {
      await Promise.all([0, 1, 2].map((partition) => tx.send('orders', { partition, value: `${partition}` })));
      tx.enqueue('bills', { value: 'b' });
      expect(await readValues(scene.q, 'bills')).toEqual([]);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await sortedValues(scene.q, 'orders')).toEqual(['0', '1', '2']);
    expect(await readValues(scene.q, 'bills')).toEqual(['b']);
  });

  it('X1 keep their memory for the next one, and give most of it up when none comes', async () => {
    await using scene = await sceneWith({ orders: 12 });
    await using producer = scene.q.producer({ transactionalId: 'billing-1' });
    const shrunk = vi.spyOn(BatchMemory.prototype, 'shrinkTo');
    onTestFinished(() => shrunk.mockRestore());
    const [idleBytes, busyBytes] = [4 << 20, 32 << 20];
    // The broker's part of this process has memory of its own, which is smaller.
    const calls = (): number => {
      const { calls: all, contexts } = shrunk.mock;
      const own = contexts[all.findIndex(([bytes]) => bytes === busyBytes)];
      return all.filter(([bytes], index) => bytes === idleBytes && contexts[index] === own).length;
    };
    await producer.transaction(async (tx) => {
      for (let sent = 0; sent < 8; sent += 1) tx.enqueue('orders', { partition: sent, value: Buffer.alloc(1_000_000) });
    });
    expect(calls()).toBe(0);
    await vi.waitFor(() => expect(calls()).toBe(1), { timeout: 10_000 });
  });

  it('X1 show nothing when their function throws, or their signal aborts, and the next one works', async () => {
    await using scene = await sceneWith({ orders: 1 });
    await using producer = scene.q.producer({ transactionalId: 'billing-1' });
    await aborted(producer, (tx) => tx.send('orders', { value: 'thrown' }));
    const controller = new AbortController();
    const stopped = producer.transaction(
      async (tx) => {
        await tx.send('orders', { value: 'signal' });
        controller.abort();
        await new Promise(() => {});
      },
      { signal: controller.signal },
    );
    expect(await codeOf(stopped)).toBe('ABORTED');
    await producer.transaction((tx) => tx.send('orders', { value: 'kept' }));
    expect(await readValues(scene.q, 'orders')).toEqual(['kept']);
    const everything: string[] = [];
    for await (const { value } of scene.q.consumer('orders', { isolation: 'read_uncommitted', stopAtEnd: true }))
      everything.push(String(value));
    expect(everything).toEqual(['thrown', 'signal', 'kept']);
  });

  it('X1 come through at no edge of a segment or of a fetch', async () => {
    await using scene = await Scene.start();
    await scene.q.admin.createTopic('small', { partitions: 1, config: { 'segment.bytes': '16384' } });
    await using producer = scene.q.producer({ transactionalId: 'edges', compression: 'none', maxInFlight: 1 });
    const wanted: string[] = [];
    for (let round = 0; round < 30; round += 1) {
      const values = Array.from({ length: 7 }, (_, index) => `${round}.${index}`.padEnd(900, round % 2 ? 'a' : 'c'));
      const send = async (tx: Transaction): Promise<void> => {
        for (const value of values) await tx.send('small', { value });
      };
      if (round % 2 === 1) await aborted(producer, send);
      else await producer.transaction(send).then(() => wanted.push(...values));
    }
    for (const prefetchBytes of [1_024, 5_000, 4 << 20]) {
      const seen: string[] = [];
      const records = scene.q.consumer('small', { prefetchBytes, stopAtEnd: true });
      for await (const { value } of records) seen.push(String(value));
      expect(seen).toEqual(wanted);
    }
    const batches: string[] = [];
    for await (const batch of scene.q.consumer('small', { stopAtEnd: true }).batches())
      for (const { value } of batch.records) batches.push(String(value));
    expect(batches).toEqual(wanted);
  });

  it('X1 fence the instance before, which reports no success and is at its end', async () => {
    await using scene = await sceneWith({ orders: 1 });
    await using old = scene.q.producer({ transactionalId: 'billing-1' });
    await using young = scene.q.producer({ transactionalId: 'billing-1' });
    const fenced = old.transaction(async (tx) => {
      await tx.send('orders', { value: 'old' });
      await young.transaction((other) => other.send('orders', { value: 'young' }));
    });
    expect(await codeOf(fenced)).toBe('PRODUCER_FENCED');
    expect(await codeOf(old.transaction((tx) => tx.send('orders', { value: 'zombie' })))).toBe('PRODUCER_FENCED');
    await young.transaction((tx) => tx.send('orders', { value: 'young still' }));
    expect(await readValues(scene.q, 'orders')).toEqual(['young', 'young still']);
  });

  it('X1 that take too long are aborted, and their producer goes on by itself', async () => {
    await using scene = await sceneWith({ orders: 1 });
    await using producer = scene.q.producer({ transactionalId: 'slow', transactionTimeoutMs: 150 });
    let late: Promise<string> | null = null;
    const slow = producer.transaction(async (tx) => {
      await tx.send('orders', { value: 'slow' });
      await new Promise<void>((resolve) => tx.signal.addEventListener('abort', () => resolve()));
      late = codeOf(tx.send('orders', { value: 'too late' }));
    });
    expect(await codeOf(slow)).toBe('TRANSACTION_ABORTED');
    await expect.poll(() => late).not.toBeNull();
    expect(await late!).toBe('TRANSACTION_ABORTED');
    await producer.transaction((tx) => tx.send('orders', { value: 'in time' }));
    expect(await readValues(scene.q, 'orders')).toEqual(['in time']);
  });

  it('X1 with a time-out above the maximum are refused with what is allowed', async () => {
    await using scene = await sceneWith({ orders: 1 }, { limits: { transactionTimeoutMsMax: 60_000 } });
    await using producer = scene.q.producer({ transactionalId: 'long', transactionTimeoutMs: 60_001 });
    const refused = producer.transaction((tx) => tx.send('orders', { value: 'x' }));
    await expect(refused).rejects.toThrow(/1 to 60000 ms, not 60001/);
    await using longest = scene.q.producer({ transactionalId: 'long', transactionTimeoutMs: 60_000 });
    await longest.transaction((tx) => tx.send('orders', { value: 'y' }));
    expect(await readValues(scene.q, 'orders')).toEqual(['y']);
  });

  it('X1 under an id that was forgotten while its producer was idle begin anew by themselves', async () => {
    await using scene = await sceneWith({ orders: 2 }, { limits: { transactionalIdExpiryMs: 50 } });
    await using producer = scene.q.producer({ transactionalId: 'idle' });
    for (const round of [1, 2, 3]) {
      await producer.transaction(async (tx) => {
        await Promise.all([0, 1].map((partition) => tx.send('orders', { partition, value: `${round}` })));
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(await sortedValues(scene.q, 'orders')).toEqual(['1', '1', '2', '2', '3', '3']);
  });

  it('X1 go on after a restart of the broker, in the middle of one and between two', async () => {
    await using scene = await sceneWith({ orders: 2 });
    await using producer = scene.q.producer({ transactionalId: 'restarted' });
    await producer.transaction(async (tx) => {
      await tx.send('orders', { partition: 0, value: 'before' });
      await scene.restart();
      await tx.send('orders', { partition: 1, value: 'after' });
    });
    await scene.restart();
    await producer.transaction((tx) => tx.send('orders', { partition: 0, value: 'next' }));
    expect(await sortedValues(scene.q, 'orders')).toEqual(['after', 'before', 'next']);
  });

  it('X1 refuse a second one at a time, what comes after the end, and what cannot be sent', async () => {
    await using scene = await sceneWith({ orders: 1 });
    await using producer = scene.q.producer({ transactionalId: 'strict' });
    let kept: Transaction | null = null;
    await producer.transaction(async (tx) => {
      kept = tx;
      expect(await codeOf(producer.transaction(() => {}))).toBe('INVALID_REQUEST');
    });
    expect(await codeOf(kept!.send('orders', { value: 'late' }))).toBe('INVALID_TRANSACTION_STATE');
    // Nobody waits for the one that cannot be sent; the transaction does.
    const broken = producer.transaction(async (tx) => {
      await tx.send('orders', { value: 'good' });
      void tx.send('orders', { partition: 9, value: 'nowhere' });
    });
    expect(await codeOf(broken)).toBe('UNKNOWN_PARTITION');
    expect(() => scene.q.producer({ transactionalId: 'x', idempotent: false } as never)).toThrow(/idempotent/);
    expect(await readValues(scene.q, 'orders')).toEqual([]);
  });

  it('X1 are aborted when their producer is closed', async () => {
    await using scene = await sceneWith({ orders: 1 });
    const producer = scene.q.producer({ transactionalId: 'closing' });
    const sent = Promise.withResolvers<void>();
    const closed = codeOf(
      producer.transaction(async (tx) => {
        await tx.send('orders', { value: 'x' });
        sent.resolve();
        await new Promise(() => {});
      }),
    );
    await sent.promise;
    await producer.close();
    expect(await closed).toBe('CLOSED');
    await using plain = scene.q.producer();
    await plain.send('orders', { value: 'not held back' });
    expect(await readValues(scene.q, 'orders')).toEqual(['not held back']);
  });

  it('X1 whose answer to the commit is lost are committed once, and say so', async () => {
    await using scene = await sceneWith({ orders: 1 });
    const proxy = await AnswerLoser.start(scene.broker.port);
    const q = await scene.connect(`q://127.0.0.1:${proxy.port}`);
    await using producer = q.producer({ transactionalId: 'lost' });
    await producer.transaction(async (tx) => {
      await tx.send('orders', { value: 'first' });
      proxy.loseNextEnd();
    });
    expect(proxy.lost).toBe(1);
    await producer.transaction((tx) => tx.send('orders', { value: 'second' }));
    expect(await readAll(scene.q, 'orders')).toMatchObject([
      { offset: 0, value: 'first' },
      { offset: 2, value: 'second' },
    ]);
  });
});

/** Between client and broker: on demand it cuts the connection in place of the answer to END_TRANSACTION. */
class AnswerLoser {
  readonly port: number;
  lost = 0;
  #mayLose = false;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(to: number): Promise<AnswerLoser> {
    let loser: AnswerLoser | null = null;
    const server = createServer((client) => {
      const broker = connectSocket({ port: to, host: '127.0.0.1' });
      let isLosing = false;
      client.on('data', (chunk: Buffer) => {
        // The key of END_TRANSACTION, behind the length of its frame.
        if (loser!.#mayLose && chunk.readUInt16BE(4) === 25) [isLosing, loser!.#mayLose] = [true, false];
        broker.write(chunk);
      });
      broker.on('data', (chunk: Buffer) => {
        if (!isLosing) return void client.write(chunk);
        loser!.lost += 1;
        client.destroy();
        broker.destroy();
      });
      for (const [one, other] of [[client, broker] as const, [broker, client] as const]) {
        one.on('close', () => other.destroy());
        one.on('error', () => other.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    loser = new AnswerLoser((server.address() as AddressInfo).port);
    return loser;
  }

  loseNextEnd(): void {
    this.#mayLose = true;
  }
}

describe('X2 offsets in transactions of a client', () => {
  it('X2 are what was acknowledged, and those of an abort come again', async () => {
    await using scene = await sceneWith({ orders: 1, bills: 1 });
    await using source = scene.q.producer();
    for (const value of ['a', 'b', 'c']) await source.send('orders', { value });
    await using producer = scene.q.producer({ transactionalId: 'billing-1' });
    const consumer = scene.q.consumer('orders', { group: 'billing', autoCommit: false });
    const seen: string[] = [];
    for await (const message of consumer) {
      seen.push(String(message.value));
      const copy = async (tx: Transaction): Promise<void> => {
        message.ack();
        tx.commitOffsets(consumer);
        await tx.send('bills', { value: message.value });
      };
      if (seen.length === 2) await aborted(producer, copy);
      else await producer.transaction(copy);
      if (seen.at(-1) === 'c') break;
    }
    expect(seen).toEqual(['a', 'b', 'b', 'c']);
    expect(await readValues(scene.q, 'bills')).toEqual(['a', 'b', 'c']);
    expect(await committedBy(scene.q, 'billing', 'orders')).toEqual([3]);
  });

  it('X2 are taken of no consumer that commits in another way, too', async () => {
    await using scene = await sceneWith({ orders: 1 });
    await using producer = scene.q.producer({ transactionalId: 'billing-1' });
    await using automatic = scene.q.consumer('orders', { group: 'billing' });
    await using alone = scene.q.consumer('orders', { group: 'other', autoCommit: false });
    const commit = (consumer: typeof automatic): Promise<void> =>
      producer.transaction((tx) => tx.commitOffsets(consumer));
    await expect(commit(automatic)).rejects.toThrow(/autoCommit: false/);
    await expect(automatic.process(producer, {}, () => {})).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: { option: 'autoCommit' },
    });
    await expect(commit(scene.q.consumer('orders') as never)).rejects.toThrow(/made with a group/);
    await commit(alone);
    await expect(alone.process(producer, { maxRecords: 0 }, () => {})).rejects.toThrow(/maxRecords/);
    await expect(alone.process(scene.q.producer() as never, {}, () => {})).rejects.toThrow(/transactionalId/);
  });

  it('X2 of a topic that was deleted in the meantime keep nothing else from being committed or aborted', async () => {
    await using scene = await sceneWith({ orders: 1, bills: 1 });
    await using source = scene.q.producer();
    await source.send('orders', { value: 'a' });
    await using producer = scene.q.producer({ transactionalId: 'billing-1' });
    await using consumer = scene.q.consumer('orders', { group: 'billing', autoCommit: false });
    const reading = consumer[Symbol.asyncIterator]();
    const { value: message } = await reading.next();
    message!.ack();
    const failing = producer.transaction(async (tx) => {
      tx.commitOffsets(consumer);
      await tx.send('bills', { value: 'a' });
      await scene.q.admin.deleteTopic('orders');
    });
    expect(await codeOf(failing)).toMatch(/UNKNOWN_TOPIC|PARTITION_NOT_OWNED/);
    await producer.transaction((tx) => tx.send('bills', { value: 'next' }));
    expect(await readValues(scene.q, 'bills')).toEqual(['next']);
  });
});

describe('X3 consume, process, produce', () => {
  it('X3 copies every record once, with lag 0 at the end, though both topics are written by transactions', async () => {
    await using scene = await sceneWith({ orders: 2, bills: 2 });
    await using source = scene.q.producer({ transactionalId: 'source' });
    const values = Array.from({ length: 200 }, (_, index) => `v${index}`);
    await source.transaction(async (tx) => {
      await Promise.all(values.map((value) => tx.send('orders', { key: value, value })));
    });
    await aborted(source, (tx) => tx.send('orders', { value: 'aborted' }));
    await using producer = scene.q.producer({ transactionalId: 'copier' });
    await using consumer = scene.q.consumer('orders', { group: 'copiers', autoCommit: false });
    const running = consumer.process(producer, { maxRecords: 30, maxMs: 20 }, async (records, tx) => {
      await Promise.all(records.map(({ key, value }) => tx.send('bills', { key, value })));
    });
    const lags = async (): Promise<number[]> => (await scene.q.admin.describeGroup('copiers')).partitions.map(lagOf);
    await expect.poll(lags, { timeout: 10_000 }).toEqual([0, 0]);
    await consumer.close();
    await running;
    expect(await sortedValues(scene.q, 'bills')).toEqual(values.toSorted());
  });

  it('X3 copies every record once while workers come, go and fail', async () => {
    await using scene = await sceneWith({ orders: 4, bills: 4 });
    await using source = scene.q.producer();
    const values = Array.from({ length: 600 }, (_, index) => `v${index}`);
    await Promise.all(values.map((value) => source.send('orders', { key: value, value })));
    const done = new AbortController();
    const work = async (name: string, rounds: number): Promise<void> => {
      for (let round = 0; round < rounds && !done.signal.aborted; round += 1) {
        await using producer = scene.q.producer({ transactionalId: name });
        await using consumer = scene.q.consumer('orders', { group: 'g', autoCommit: false, signal: done.signal });
        let batches = 0;
        const running = consumer.process(producer, { maxRecords: 20, maxMs: 5 }, async (records, tx) => {
          await Promise.all(records.map(({ key, value }) => tx.send('bills', { key, value })));
          batches += 1;
          if (round < rounds - 1 && batches === 3) throw new Wanted();
        });
        await running.catch((thrown: unknown) => expect(thrown).toBeInstanceOf(Wanted));
      }
    };
    const workers = Promise.all([work('w1', 3), work('w2', 4), work('w3', 2)]);
    const committed = async (): Promise<number> =>
      (await committedBy(scene.q, 'g', 'orders')).reduce((sum, offset) => sum + offset, 0);
    await expect.poll(committed, { timeout: 20_000 }).toBe(values.length);
    done.abort();
    await workers;
    expect(await sortedValues(scene.q, 'bills')).toEqual(values.toSorted());
  });

  it('X3 ends with the error when another instance takes the transactional id over', async () => {
    await using scene = await sceneWith({ orders: 1, bills: 1 });
    await using source = scene.q.producer();
    await source.send('orders', { value: 'a' });
    await using producer = scene.q.producer({ transactionalId: 'copier' });
    await using young = scene.q.producer({ transactionalId: 'copier' });
    const consumer = scene.q.consumer('orders', { group: 'g', autoCommit: false });
    const running = consumer.process(producer, {}, async (records, tx) => {
      for (const { value } of records) await tx.send('bills', { value });
      await young.transaction((tx2) => tx2.send('bills', { value: 'young' }));
    });
    expect(await codeOf(running)).toBe('PRODUCER_FENCED');
    expect(await readValues(scene.q, 'bills')).toEqual(['young']);
    expect(await committedBy(scene.q, 'g', 'orders')).not.toContain(1);
  });
});

function lagOf({ lag }: { readonly lag: number | null }): number {
  return lag ?? -1;
}
