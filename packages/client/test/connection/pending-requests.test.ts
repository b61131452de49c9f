import { QError } from '@q/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { PendingRequests } from '../../src/connection/pending-requests.ts';
import type { PendingRequest } from '../../src/connection/pending-requests.ts';

const lost = new QError('CONNECTION_LOST', 'gone');

function requestUntil(deadlineMs: number, fail: (error: QError) => void = () => {}): PendingRequest {
  return { startedAtMs: 0, deadlineMs, answer: () => {}, fail };
}

describe('PendingRequests', () => {
  it('Z4 behaves like a Map of what waits and a Set of what was abandoned, under any sequence of steps', () => {
    const what = fc.constantFrom('add', 'add', 'add', 'take', 'abandon', 'withdraw', 'listen', 'expired');
    const step = fc.record({ what, pick: fc.nat(1_000), deadlineMs: fc.nat(100) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 600 }), (steps) => {
        const pending = new PendingRequests();
        const waiting = new Map<number, PendingRequest>();
        const abandoned = new Set<number>();
        const listened = new Set<number>();
        const forgotten: number[] = [];
        const everyId: number[] = [];
        const expectForgotten = (id: number): void => {
          if (listened.delete(id)) expect(forgotten.splice(0)).toEqual([id]);
          expect(forgotten).toEqual([]);
        };
        for (const { what: doing, pick, deadlineMs } of steps) {
          // Of all ids there ever were, so that the free ones are asked for, too.
          const id = everyId[pick % Math.max(1, everyId.length)] ?? 7;
          const request = waiting.get(id) ?? null;
          if (doing === 'add') {
            const added = requestUntil(deadlineMs);
            const newId = pending.add(added);
            expect(everyId).not.toContain(newId);
            everyId.push(newId);
            waiting.set(newId, added);
          } else if (doing === 'take') {
            expect(pending.take(id)).toBe(request ?? (abandoned.has(id) ? 'abandoned' : null));
            waiting.delete(id);
            abandoned.delete(id);
            expectForgotten(id);
          } else if (doing === 'abandon') {
            expect(pending.abandon(id)).toBe(request);
            if (waiting.delete(id)) abandoned.add(id);
            expectForgotten(id);
          } else if (doing === 'withdraw') {
            expect(pending.withdraw(id)).toBe(request);
            waiting.delete(id);
            abandoned.delete(id);
            expectForgotten(id);
          } else if (doing === 'listen') {
            pending.setForget(id, () => forgotten.push(id));
            if (request === null) expect(forgotten.splice(0)).toEqual([id]);
            else listened.add(id);
          } else {
            expect(pending.expired(deadlineMs)).toEqual(
              [...waiting].filter(([, { deadlineMs: at }]) => at <= deadlineMs).map(([waitingId]) => waitingId),
            );
          }
          expect([pending.inFlight, pending.abandoned, pending.isWaiting(id)]).toEqual([
            waiting.size + abandoned.size,
            abandoned.size,
            waiting.has(id),
          ]);
          expect(pending.nextDeadlineMs()).toBe(
            waiting.size === 0 ? null : Math.min(...[...waiting.values()].map(({ deadlineMs: at }) => at)),
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  it('Z4 gives no id a second time while its answer may come, however many come and go meanwhile', () => {
    const pending = new PendingRequests();
    const kept = Array.from({ length: 50 }, () => pending.add(requestUntil(1)));
    for (const id of kept.slice(25)) pending.abandon(id);
    const seen = new Set(kept);
    for (let round = 0; round < 500; round += 1) {
      const id = pending.add(requestUntil(2));
      expect(seen.has(id)).toBe(false);
      seen.add(id);
      expect(pending.take(id)).not.toBeNull();
    }
    expect(kept.map((id) => pending.isWaiting(id))).toEqual([...Array(25).fill(true), ...Array(25).fill(false)]);
    expect(pending.expired(1)).toEqual(kept.slice(0, 25));
    expect(pending.take(kept[30] as number)).toBe('abandoned');
  });

  it('Z4 takes no id for another that would lie in the same slot', () => {
    const pending = new PendingRequests();
    const gone = Array.from({ length: 1_000 }, () => {
      const id = pending.add(requestUntil(1));
      pending.take(id);
      return id;
    });
    const waiting = requestUntil(2);
    const id = pending.add(waiting);
    for (const other of gone)
      expect([pending.isWaiting(other), pending.take(other), pending.abandon(other), pending.withdraw(other)]).toEqual([
        false,
        null,
        null,
        null,
      ]);
    expect(pending.take(id)).toBe(waiting);
  });

  it('Z4 makes room for those that were abandoned, too', () => {
    const pending = new PendingRequests();
    const ids = Array.from({ length: 500 }, () => {
      const id = pending.add(requestUntil(1));
      pending.abandon(id);
      return id;
    });
    expect([new Set(ids).size, pending.abandoned]).toEqual([500, 500]);
    for (const id of ids) expect(pending.take(id)).toBe('abandoned');
    expect(pending.inFlight).toBe(0);
  });

  it('W3 fails what waits in the order in which it came, what comes meanwhile included, and is empty then', () => {
    const pending = new PendingRequests();
    const failed: string[] = [];
    const ids = ['a', 'b', 'c'].map((name) =>
      pending.add(
        requestUntil(1, (error) => {
          expect(error).toBe(lost);
          failed.push(name);
          if (name === 'a') pending.add(requestUntil(1, () => failed.push('late')));
        }),
      ),
    );
    pending.setForget(ids[2] as number, () => failed.push('c forgotten'));
    pending.abandon(ids[1] as number);
    pending.failAll(lost);
    expect(failed).toEqual(['a', 'c forgotten', 'c', 'late']);
    expect([pending.inFlight, pending.abandoned, pending.nextDeadlineMs()]).toEqual([0, 0, null]);
    expect(pending.take(ids[1] as number)).toBeNull();
  });
});
