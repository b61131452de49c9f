import { QError, decodeErrorBody, encodeErrorResponse, errorCode } from '@q/protocol';
import { StorageError } from '@q/storage';
import type { StorageErrorCode } from '@q/storage';
import { describe, expect, it } from 'vitest';
import { isBrokerFault, toPartitionError, toWireError } from '../../src/errors/wire-error.ts';

describe('toWireError', () => {
  it('W2 knows every code of storage, and keeps message, details and cause', () => {
    const codes: Record<StorageErrorCode, string> = {
      CORRUPT_BATCH: 'CORRUPT_BATCH',
      CORRUPT_LOG: 'CORRUPT_LOG',
      OFFSET_OUT_OF_RANGE: 'OFFSET_OUT_OF_RANGE',
      BATCH_TOO_LARGE: 'BATCH_TOO_LARGE',
      OUT_OF_ORDER_SEQUENCE: 'OUT_OF_ORDER_SEQUENCE',
      STALE_PRODUCER_EPOCH: 'STALE_PRODUCER_EPOCH',
      UNKNOWN_PRODUCER_ID: 'UNKNOWN_PRODUCER_ID',
      STALE_LEADER_EPOCH: 'STALE_LEADER_EPOCH',
      STORAGE_FULL: 'STORAGE_FULL',
      STORAGE_FAILED: 'STORAGE_FAILED',
      STORAGE_LOCKED: 'INVALID_CONFIG',
      UNSUPPORTED_FORMAT: 'INVALID_CONFIG',
      LOG_EXISTS: 'CORRUPT_LOG',
      UNKNOWN_LOG: 'UNKNOWN_TOPIC_ID',
      CLOSED: 'UNKNOWN_TOPIC_ID',
    };
    for (const [code, wire] of Object.entries(codes)) {
      const original = new StorageError(code as StorageErrorCode, 'words', { details: { offset: 3 } });
      const error = toWireError(original);
      expect(error).toMatchObject({ code: wire, message: 'words', details: { offset: 3 }, cause: original });
      expect(errorCode(error.code)).not.toBe(0);
    }
  });

  it('Q2 tells a client what the system said of the disk, and no path', () => {
    const system = Object.assign(new Error("ENOSPC: no space left, open '/data/q/x.log'"), {
      code: 'ENOSPC',
      syscall: 'open',
      path: '/data/q/x.log',
    });
    const error = toWireError(new StorageError('STORAGE_FULL', 'full', { cause: system, details: { limit: 'disk' } }));
    const frame = Buffer.concat(encodeErrorResponse({ correlationId: 1, error })).subarray(4);
    const heard = decodeErrorBody(frame);
    expect(heard).toMatchObject({ code: 'STORAGE_FULL', message: 'full', details: { limit: 'disk' } });
    expect(heard.cause).toMatchObject({ name: 'broker', message: 'ENOSPC (open)' });
    expect(frame.includes('/data')).toBe(false);
  });

  it('W2 leaves an error of the wire alone, and hides everything else', () => {
    const mine = new QError('TOPIC_LIMIT', 'enough');
    expect(toWireError(mine)).toBe(mine);
    const accident = toWireError(new RangeError('internals'));
    expect(accident.code).toBe('UNKNOWN');
    expect(accident.message).not.toContain('internals');
    expect(isBrokerFault(accident)).toBe(true);
    expect(isBrokerFault(mine)).toBe(false);
  });

  it('logs an accident that only one partition of an answer shows', () => {
    const logged: object[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (fields: object) => void logged.push(fields) };
    expect(toPartitionError(new StorageError('STORAGE_FULL', 'full'), logger).code).toBe('STORAGE_FULL');
    expect(logged).toEqual([]);
    const accident = new RangeError('internals');
    expect(toPartitionError(accident, logger).code).toBe('UNKNOWN');
    expect(logged).toEqual([{ event: 'partition.not_served', err: accident }]);
  });
});
