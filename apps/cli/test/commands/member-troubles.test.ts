import type { GroupConsumer } from '@q/client';
import { QError } from '@q/client';
import { describe, expect, it } from 'vitest';
import { MemberTroubles } from '../../src/commands/member-troubles.ts';

/** Tells what the test wants to have happened. */
function emitter(): { on: GroupConsumer['on']; tell(event: string, value: unknown): void } {
  const listeners = new Map<string, (event: never) => void>();
  return {
    on(event, listener) {
      listeners.set(event, listener);
      return () => undefined;
    },
    tell: (event, value) => listeners.get(event)?.(value as never),
  };
}

describe('troubles of a member', () => {
  it('G2 are told, and only those that leave commits in doubt are failures', () => {
    const lines: string[] = [];
    const consumer = emitter();
    const troubles = new MemberTroubles(consumer, { write: (line) => lines.push(line), json: false });
    consumer.tell('lost', { partitions: [0, 1, 4] });
    expect(troubles.hasFailed).toBe(false);
    consumer.tell('error', new QError('OFFSET_OUT_OF_RANGE', 'partition 3 ends at 7'));
    expect(troubles.hasFailed).toBe(true);
    expect(lines).toEqual([
      'the group has taken partitions 0-1,4 away: what was written since the last commit may come again\n',
      'partition 3 ends at 7 (OFFSET_OUT_OF_RANGE)\n',
    ]);
  });

  it('O2 are objects with --json', () => {
    const lines: string[] = [];
    const consumer = emitter();
    const troubles = new MemberTroubles(consumer, { write: (line) => lines.push(line), json: true });
    consumer.tell('error', new QError('OFFSET_OUT_OF_RANGE', 'partition 3 ends at 7'));
    expect(troubles.hasFailed).toBe(true);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { code: 'OFFSET_OUT_OF_RANGE', message: 'partition 3 ends at 7', hint: null },
    ]);
  });
});
