import { describe, expect, it } from 'vitest';
import { errorCode, errorEntry, errorEntryByName, errorTable } from '../src/index.ts';

// Numbers travel on the wire and stand in logs: a row may be added here, never changed or taken away.
const frozen = {
  UNKNOWN: -1,
  NONE: 0,
  FRAME_TOO_LARGE: 1,
  MALFORMED_FRAME: 2,
  HELLO_REQUIRED: 3,
  UNSUPPORTED_VERSION: 4,
  UNKNOWN_API: 5,
  INVALID_REQUEST: 6,
  REQUEST_TIMED_OUT: 7,
  BROKER_BUSY: 8,
  SHUTTING_DOWN: 9,
  TOO_MANY_CONNECTIONS: 10,
  UNKNOWN_TOPIC: 20,
  UNKNOWN_TOPIC_ID: 21,
  UNKNOWN_PARTITION: 22,
  TOPIC_EXISTS: 23,
  INVALID_TOPIC_NAME: 24,
  INVALID_PARTITIONS: 25,
  INVALID_REPLICAS: 26,
  INVALID_CONFIG: 27,
  TOPIC_LIMIT: 28,
  NOT_LEADER: 40,
  STALE_LEADER_EPOCH: 41,
  UNKNOWN_LEADER_EPOCH: 42,
  OFFSET_OUT_OF_RANGE: 50,
  CORRUPT_BATCH: 51,
  INVALID_RECORD: 52,
  UNSUPPORTED_CODEC: 53,
  RECORD_TOO_LARGE: 54,
  BATCH_TOO_LARGE: 55,
  INVALID_TIMESTAMP: 56,
  KEY_REQUIRED: 57,
  CORRUPT_LOG: 58,
  OUT_OF_ORDER_SEQUENCE: 70,
  STALE_PRODUCER_EPOCH: 71,
  UNKNOWN_PRODUCER_ID: 72,
  STORAGE_FULL: 80,
  STORAGE_FAILED: 81,
  UNKNOWN_GROUP: 100,
  INVALID_GROUP_ID: 101,
  UNKNOWN_MEMBER: 102,
  FENCED_MEMBER_EPOCH: 103,
  STALE_MEMBER_EPOCH: 104,
  PARTITION_NOT_OWNED: 105,
  GROUP_NOT_EMPTY: 106,
  UNRELEASED_INSTANCE: 107,
  UNSUPPORTED_ASSIGNOR: 108,
  GROUP_LIMIT: 109,
  AUTHENTICATION_REQUIRED: 120,
  AUTHENTICATION_FAILED: 121,
  UNSUPPORTED_MECHANISM: 122,
  NOT_AUTHORIZED: 123,
  UNKNOWN_TRANSACTIONAL_ID: 140,
  PRODUCER_FENCED: 141,
  INVALID_TRANSACTION_STATE: 142,
  CONCURRENT_TRANSACTIONS: 143,
  TRANSACTION_ABORTED: 144,
  TRANSACTION_LIMIT: 145,
  UNSTABLE_OFFSETS: 146,
  CONNECTION_LOST: 200,
  DELIVERY_TIMED_OUT: 201,
  BUFFER_FULL: 202,
  CLOSED: 203,
  ABORTED: 204,
  SCHEMA_MISMATCH: 205,
  NO_BROKER: 206,
  NO_COMMITTED_OFFSET: 207,
};

describe('error table', () => {
  it('W2 keeps every number it ever gave out', () => {
    expect(Object.fromEntries(errorTable.map(({ name, code }) => [name, code]))).toEqual(frozen);
  });

  it('W2 gives no number twice, and every number fits in an i16', () => {
    const codes = errorTable.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.every((code) => code >= -0x8000 && code <= 0x7fff)).toBe(true);
    expect(codes).toEqual(codes.toSorted((a, b) => a - b));
  });

  it.each(errorTable)('W2 tells in sentences what $name is and what to do', ({ description, action, kind }) => {
    expect(description).toMatch(/^[A-Z].{8,}\.$/);
    expect(action).toMatch(/^[A-Z].{8,}\.$/);
    expect(['retry', 'fix', 'fatal']).toContain(kind);
  });

  it('finds entries by number and by name', () => {
    for (const entry of errorTable) {
      expect(errorEntry(entry.code)).toBe(entry);
      expect(errorEntryByName(entry.name)).toBe(entry);
      expect(errorCode(entry.name)).toBe(entry.code);
    }
  });

  it.each([-2, 199, 32_767, Number.NaN])('takes the number %s, which it does not know, for UNKNOWN', (code) => {
    expect(errorEntry(code).name).toBe('UNKNOWN');
  });

  it('takes a name it does not know for UNKNOWN', () => {
    expect(errorEntryByName('FROM_THE_FUTURE')).toMatchObject({ name: 'UNKNOWN', code: -1, kind: 'fatal' });
  });
});
