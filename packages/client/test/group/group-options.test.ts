import { describe, expect, it } from 'vitest';

import { resolveGroupOptions } from '../../src/group/group-options.ts';
import type { GroupConsumerOptions } from '../../src/group/group-options.ts';

describe('options of a group consumer', () => {
  it('Q3 have defaults for everything but the group', () => {
    expect(resolveGroupOptions({ group: 'g' }, 30_000)).toEqual({
      group: 'g',
      from: 'earliest',
      instanceId: null,
      sessionTimeoutMs: -1,
      rebalanceTimeoutMs: 60_000,
      assignor: null,
      commitIntervalMs: 1_000,
      autoAck: false,
      prefetchBytes: 4 << 20,
      maxWaitMs: 500,
      idleWaitMs: 5_000,
      minBytes: 1,
      onOffsetOutOfRange: 'fail',
      isolation: 'read_committed',
      keyConcurrencyMax: null,
      maxUnacked: 10_000,
      stallTimeoutMs: 30_000,
      drainTimeoutMs: 5_000,
      signal: undefined,
    });
    expect(
      resolveGroupOptions({ group: 'g', autoCommit: false, concurrency: { by: 'key', max: 3 } }, 30_000),
    ).toMatchObject({ commitIntervalMs: null, keyConcurrencyMax: 3 });
    expect(resolveGroupOptions({ group: 'g', autoCommit: { intervalMs: 50 } }, 30_000)).toMatchObject({
      commitIntervalMs: 50,
    });
  });

  it.each<[string, Partial<Record<keyof GroupConsumerOptions, unknown>> & Record<string, unknown>, string]>([
    ['an empty group', { group: '' }, 'consumer.group is ""; use a text of 1 to 249'],
    ['an option of consumers without a group', { partitions: [1] }, 'consumer has no option "partitions"'],
    ['an offset to begin with', { from: { offset: 3 } }, "must be 'earliest', 'latest', 'fail' or { timestampMs }"],
    ['a time before all times', { from: { timestampMs: -1 } }, 'consumer.from'],
    ['no session', { sessionTimeoutMs: 0 }, 'consumer.sessionTimeoutMs is 0'],
    ['an assignor that nobody has', { assignor: 'sticky' }, 'use one of uniform, range'],
    ['an interval that is none', { autoCommit: { intervalMs: 0 } }, 'consumer.autoCommit.intervalMs is 0'],
    [
      'an interval with a typing error',
      { autoCommit: { interval: 5 } },
      'consumer.autoCommit has no option "interval"',
    ],
    ['an interval that is missing', { autoCommit: {} }, 'needs intervalMs'],
    ['no bound', { maxUnacked: 0 }, 'consumer.maxUnacked is 0'],
    [
      'concurrency by something else',
      { concurrency: { by: 'partition', max: 2 } },
      'consumer.concurrency.by is "partition"',
    ],
    ['concurrency without a bound', { concurrency: { by: 'key' } }, "needs by: 'key' and max"],
    [
      'concurrency beyond what may be unacknowledged',
      { concurrency: { by: 'key', max: 11 }, maxUnacked: 10 },
      'a whole number from 1 to 10',
    ],
    [
      'two ways that exclude each other',
      { concurrency: { by: 'key', max: 2 }, autoAck: true },
      'makes no sense with concurrency',
    ],
    ['a long poll longer than its request', { maxWaitMs: 30_000 }, 'from 0 to 29999'],
  ])('Q3 refuse %s by name', (_what, options, message) => {
    const resolve = (): unknown => resolveGroupOptions({ group: 'g', ...options } as GroupConsumerOptions, 30_000);
    expect(resolve).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining(message) as string }),
    );
  });
});
