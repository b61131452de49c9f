import { describe, expect, it } from 'vitest';

import { resolveConnectOptions } from '../src/connect-options.ts';
import { assertClientLimits, clientLimits } from '../src/limits.ts';
import { resolveConsumerOptions } from '../src/consumer/consumer-options.ts';
import { checkStart } from '../src/consumer/start-position.ts';
import type { StartPosition } from '../src/consumer/start-position.ts';
import { resolveProducerOptions, resolveTransactionalOptions } from '../src/producer/producer-options.ts';

describe('options', () => {
  it('Q3 have defaults for everything', () => {
    expect(resolveProducerOptions()).toEqual({
      compression: 'none',
      maxBufferedBytes: 32 << 20,
      batchBytesMax: 1 << 20,
      lingerMs: 0,
      maxInFlight: 5,
      deliveryTimeoutMs: 120_000,
      idempotent: true,
    });
    expect(resolveConsumerOptions({}, 30_000)).toEqual({
      partitions: 'all',
      from: 'earliest',
      stopAtEnd: false,
      prefetchBytes: 4 << 20,
      maxWaitMs: 500,
      idleWaitMs: 5_000,
      minBytes: 1,
      onOffsetOutOfRange: 'fail',
      isolation: 'read_committed',
      partitionRefreshMs: 30_000,
    });
    expect(resolveConnectOptions('localhost')).toMatchObject({
      seeds: [{ host: 'localhost', port: 7420 }],
      clientId: 'q-client',
      requestTimeoutMs: 30_000,
      retry: { initialMs: 50, maxMs: 2_000 },
    });
  });

  it.each<[string, () => unknown, string]>([
    ['an unknown name', () => resolveProducerOptions({ linger: 5 } as never), 'producer has no option "linger"'],
    [
      'an unknown name beside a transactional id',
      () => resolveTransactionalOptions({ transactionalId: 'a', transactionTimeout: 5 } as never),
      'signal, transactionalId, transactionTimeoutMs',
    ],
    [
      'a codec that does not exist',
      () => resolveProducerOptions({ compression: 'brotli' } as never),
      'use one of none, gzip',
    ],
    [
      'a window that the broker cannot deduplicate',
      () => resolveProducerOptions({ maxInFlight: 6 }),
      'use a whole number from 1 to 5',
    ],
    ['a fraction', () => resolveProducerOptions({ lingerMs: 0.5 }), 'producer.lingerMs is 0.5'],
    [
      'a long poll longer than its request may take',
      () => resolveConsumerOptions({ maxWaitMs: 30_000 }, 30_000),
      'from 0 to 29999',
    ],
    ['no partition', () => resolveConsumerOptions({ partitions: [] }, 30_000), 'at least one partition'],
    [
      'a partition below zero',
      () => resolveConsumerOptions({ partitions: [-1] }, 30_000),
      'consumer.partitions[0] is -1; use a whole number from 0',
    ],
    ['no address', () => resolveConnectOptions([]), '1 to 100 addresses'],
    [
      'a first wait longer than the longest',
      () => resolveConnectOptions('h', { retry: { initialMs: 10, maxMs: 5 } }),
      'must not be larger',
    ],
  ])('Q3 refuse %s by name', (_what, resolve, message) => {
    expect(resolve).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining(message) as string }),
    );
  });

  it.each<unknown>(['first', null, {}, { offset: -1 }, { offset: { 0: 1.5 } }, { timestampMs: -1 }, { last: 'all' }])(
    'Q3 refuse the start %j',
    (from) => {
      expect(() => checkStart(from as StartPosition)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
    },
  );
});

describe('limits', () => {
  it.each<[string, Partial<typeof clientLimits>]>([
    ['a window beyond what a broker remembers', { maxInFlight: 6 }],
    ['a batch larger than the buffer', { maxBufferedBytes: 1_000 }],
    ['a batch larger than a request', { produceRequestBytesMax: 1_000 }],
    ['a prefetch larger than an answer', { responseBytesMax: 1_000 }],
    ['more messages handed out than there may be', { unackedDefault: 2_000_000 }],
    ['a heartbeat held longer than its request', { heartbeatMs: 30_000 }],
    ['a limit that is no whole number', { quietPartitionMs: 0.5 }],
  ])('refuse %s', (_what, changed) => {
    expect(() => assertClientLimits({ ...clientLimits, ...changed })).toThrow();
  });

  it('Q3 that throw when they are read are refused by name, with what was thrown for the cause', () => {
    const cause = new Error('of a getter');
    const throwing = (name: string): object =>
      Object.defineProperty({}, name, {
        enumerable: true,
        get: () => {
          throw cause;
        },
      });
    const { proxy: gone, revoke } = Proxy.revocable({}, {});
    revoke();
    const refused = (option: string): Error =>
      expect.objectContaining({ code: 'INVALID_CONFIG', cause, details: { option } }) as Error;
    expect(() => resolveConnectOptions('h', throwing('clientId'))).toThrow(refused('clientId'));
    expect(() => resolveConnectOptions('h', { retry: throwing('maxMs') })).toThrow(refused('maxMs'));
    expect(() => resolveConsumerOptions({ from: throwing('offset') as never }, 30_000)).toThrow(refused('from'));
    expect(() => resolveConsumerOptions({ signal: throwing('aborted') as never }, 30_000)).toThrow(refused('signal'));
    for (const resolve of [
      () => resolveConnectOptions('h', gone),
      () => resolveConnectOptions(gone as never),
      () => resolveProducerOptions(gone),
    ]) {
      expect(resolve).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
    }
  });
});
