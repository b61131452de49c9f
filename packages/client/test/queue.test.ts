import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Queue } from '../src/queue.ts';

describe('Queue', () => {
  it('behaves like an array under any sequence of pushes and shifts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat(100), fc.constant('shift'), fc.constant('clear')), { maxLength: 300 }),
        (steps) => {
          const queue = new Queue<number>();
          const model: number[] = [];
          for (const step of steps) {
            if (step === 'shift') expect(queue.shift()).toBe(model.shift());
            else if (step === 'clear') {
              queue.clear();
              model.length = 0;
            } else {
              queue.push(step);
              model.push(step);
            }
            expect(queue.length).toBe(model.length);
            expect(queue.peek()).toBe(model[0]);
          }
          expect([...queue]).toEqual(model);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps its order when the dead part is cut off', () => {
    const queue = new Queue<number>();
    for (let item = 0; item < 5_000; item += 1) queue.push(item);
    for (let item = 0; item < 4_000; item += 1) expect(queue.shift()).toBe(item);
    queue.push(5_000);
    expect([...queue]).toEqual([...Array.from({ length: 1_000 }, (_, index) => 4_000 + index), 5_000]);
  });
});
