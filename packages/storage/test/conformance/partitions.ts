import { describe, expect, it } from 'vitest';
import { append, at, batch, contents, errorWith, numbered, orders, StoreUnderTest } from './harness.ts';
import type { StoreKind } from './harness.ts';

export function partitions(kind: StoreKind): void {
  describe('logs of a store', () => {
    it('T3 keeps partitions and topics apart', async () => {
      await using under = await StoreUnderTest.start(kind);
      const other = { topic: 'orders-1', topicId: '00000000-0000-4000-8000-000000000001' };
      const logs = [await under.open(), await under.open({}, { partition: 1 }), await under.open({}, other)];
      for (const [index, log] of logs.entries()) await append(log, numbered(index + 1, index * 10));
      for (const [index, log] of logs.entries())
        expect(await contents(log)).toEqual(at(0, numbered(index + 1, index * 10)));
      expect(under.store.bytes).toBe(logs.reduce((sum, log) => sum + log.bytes, 0));
      const names = (await under.store.list()).map((id) => `${id.topic}/${id.partition}`);
      expect(names.toSorted()).toEqual(['orders-1/0', 'orders/0', 'orders/1']);
    });

    it('T3 returns the same log when it is opened again', async () => {
      await using under = await StoreUnderTest.start(kind);
      const [a, b] = await Promise.all([under.open(), under.open()]);
      expect(a).toBe(b);
    });

    it('T1 deletes a log with its data, fails what waits on it, and leaves the others alone', async () => {
      await using under = await StoreUnderTest.start(kind);
      const [doomed, other] = [await under.open(), await under.open({}, { partition: 1 })];
      await append(other, ['stays']);
      await append(doomed, ['goes']);
      let woken = 0;
      doomed.onHighWatermark(() => void (woken += 1));
      await under.store.delete(orders);
      expect(woken).toBeGreaterThan(0);
      expect(doomed.state).toBe('closed');
      expect(() => doomed.append(batch(['x']), { leaderEpoch: 0 })).toThrow(errorWith('CLOSED'));
      await expect(under.store.delete(orders)).rejects.toEqual(errorWith('UNKNOWN_LOG'));
      expect(await contents(other)).toEqual(['0:stays']);
      const again = await under.open({}, { topicId: '00000000-0000-4000-8000-00000000000a' });
      expect([again.logEndOffset, again.bytes]).toEqual([0, 0]);
    });

    it('T1 refuses to take over the folder of another topic of the same name', async () => {
      await using under = await StoreUnderTest.start(kind);
      await under.open();
      await expect(under.open({}, { topicId: '00000000-0000-4000-8000-00000000000b' })).rejects.toEqual(
        errorWith('LOG_EXISTS'),
      );
    });

    it('T2 describes a log', async () => {
      await using under = await StoreUnderTest.start(kind);
      const log = await under.open({ segmentBytes: 300 });
      for (const text of numbered(10)) await append(log, [text]);
      const described = log.describe();
      expect(described).toMatchObject({
        id: orders,
        state: 'open',
        logStartOffset: 0,
        highWatermark: 10,
        logEndOffset: 10,
        damage: null,
      });
      expect([described.segments, described.bytes]).toEqual([log.segments, log.bytes]);
      expect(described.bytes).toBeGreaterThan(0);
    });

    it('B6 refuses everything once it is closed', async () => {
      const under = await StoreUnderTest.start(kind);
      const log = await under.open();
      const waiting = log.append(batch(['last']), { leaderEpoch: 0 });
      const closing = under.store.close();
      await waiting.durable;
      await closing;
      expect(() => log.append(batch(['x']), { leaderEpoch: 0 })).toThrow(errorWith('CLOSED'));
      await expect((async () => log.read({ offset: 0, maxBytes: 1, upTo: 'end' }))()).rejects.toEqual(
        errorWith('CLOSED'),
      );
      await expect(under.open()).rejects.toEqual(errorWith('CLOSED'));
      await under.place.remove();
    });
  });
}
