/** The records of the audit trail are for ever (RFC 11). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../../src/index.ts';
import { writtenEntry } from '../../../src/services/audit/audit-entry.ts';
import { auditLogId, decodeEntry, encodeEntry } from '../../../src/services/audit/audit-topic.ts';

const golden = new URL('golden/entries-1.jsonl', import.meta.url);
const timeMs = Date.UTC(2026, 11, 1, 1, 2, 3, 4);
const alice = {
  principal: { name: 'User:alice' },
  address: '10.0.0.7',
  clientId: 'billing',
  connectionId: 17,
  door: 'kafka',
};

const entries: readonly AuditEntry[] = [
  { event: 'audit.broker_started', by: null, after: { version: '1.0.0', isSecured: true } },
  {
    event: 'audit.topic_altered',
    by: alice,
    operation: 'alterConfigs',
    resource: { type: 'topic', name: 'orders' },
    before: { settings: ['retention.ms=1000'] },
    after: { settings: ['retention.ms=2000'] },
  },
  {
    event: 'audit.login_refused',
    by: { ...alice, principal: { name: 'User:mallory – “ü”' } },
    mechanism: 'SCRAM-SHA-256',
    reason: 'wrong password, or no such user',
  },
  {
    event: 'audit.denied_again',
    by: alice,
    operation: 'read',
    resource: { type: 'group', name: 'billing' },
    count: 1_899,
    forMs: 60_000,
  },
  {
    event: 'audit.settings_reloaded',
    by: null,
    result: 'failed',
    reason: 'SIGHUP: the settings are not allowed; the log says why',
  },
];

describe('RFC 11 the records of the audit trail', () => {
  it('SEC-15 are the bytes that they have always been', () => {
    const lines = entries.map((entry) => {
      const { key, value } = encodeEntry(writtenEntry(entry, timeMs));
      return `${JSON.stringify(key.toString())}\t${value.toString()}\n`;
    });
    expect(lines.join('')).toBe(readFileSync(golden, 'utf8'));
  });

  it('SEC-15 of the first release are read by this one', () => {
    const lines = readFileSync(golden, 'utf8').trimEnd().split('\n');
    const read = lines.map((line) => decodeEntry(Buffer.from(line.split('\t')[1]!)));
    expect(read).toEqual(entries.map((entry) => writtenEntry(entry, timeMs)));
  });

  it('SEC-15 of later ones are read as far as they are known, and passed over where they mean something else', () => {
    const base = { v: 1, time: '2026-12-01T01:02:03.004Z', event: 'audit.later', principal: 'User:a', result: 'done' };
    const read = (value: object | string): unknown =>
      decodeEntry(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
    const { v: _, time: __, ...known } = base;
    expect(read({ ...base, later: 'x', count: 'not a number' })).toEqual({ timeMs, ...known });
    for (const other of [{ ...base, v: 2 }, { ...base, time: 'x' }, { ...base, event: 1 }, '', 'null', '[]', '{"v":1'])
      expect(read(other)).toBeNull();
    expect(decodeEntry(null)).toBeNull();
  });

  it('SEC-15 stand on a topic whose id never changes', () => {
    expect(auditLogId).toEqual({
      topic: '__audit',
      topicId: '00000000-0000-4000-8000-000000000003',
      partition: 0,
    });
  });
});
