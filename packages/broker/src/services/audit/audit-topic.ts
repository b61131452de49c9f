/**
 * The internal topic that the audit trail is kept on: one record an entry, its key the principal, its value JSON
 * (docs/rfcs/0011-audit.md). It is made when the first entry is, and written by nobody but this file.
 */
import type { LogConfig, LogId } from '@q/storage';
import { internalLogConfig } from '../topics/internal-topic.ts';
import type { AuditValue, WrittenEntry } from './audit-entry.ts';

/** Fixed, so that the log is found before anything else is known of it. Frozen. */
export const auditLogId: LogId = {
  topic: '__audit',
  topicId: '00000000-0000-4000-8000-000000000003',
  partition: 0,
};

/** How long it is kept. -1: no limit. */
export interface AuditRetention {
  readonly retentionMs: number;
  readonly retentionBytes: number;
}

export function auditLogConfig({ retentionMs, retentionBytes }: AuditRetention): LogConfig {
  return { ...internalLogConfig, cleanupPolicy: { delete: true, compact: false }, retentionMs, retentionBytes };
}

/** The same as `topic describe` shows it. */
export function auditTopicSettings({ retentionMs, retentionBytes }: AuditRetention): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': 'delete',
    durability: 'fsync',
    'retention.bytes': String(retentionBytes),
    'retention.ms': String(retentionMs),
    'segment.bytes': String(internalLogConfig.segmentBytes),
  };
}

/** The format of values. Readers of 1 read every later one that only adds fields. */
const version = 1;

export function encodeEntry({ timeMs, ...fields }: WrittenEntry): { readonly key: Buffer; readonly value: Buffer } {
  const value = JSON.stringify({ v: version, time: new Date(timeMs).toISOString(), ...fields });
  return { key: Buffer.from(fields.principal), value: Buffer.from(value) };
}

/** Null: no entry, or one that a version wrote that does other things with these fields. */
export function decodeEntry(value: Buffer | null): WrittenEntry | null {
  if (value === null) return null;
  let read: Partial<Record<keyof WrittenEntry | 'v' | 'time', unknown>> | null;
  try {
    read = JSON.parse(value.toString()) as typeof read;
  } catch {
    return null;
  }
  if (read === null || typeof read !== 'object' || read.v !== version) return null;
  const { v: _, time, event, principal, result, ...rest } = read;
  const timeMs = typeof time === 'string' ? Date.parse(time) : NaN;
  if (Number.isNaN(timeMs) || typeof event !== 'string' || typeof principal !== 'string') return null;
  if (typeof result !== 'string') return null;
  return { timeMs, event, principal, result, ...knownFields(rest) };
}

const texts = ['address', 'door', 'clientId', 'mechanism', 'operation', 'resourceType', 'resourceName', 'reason'];
const numbers = ['connectionId', 'count', 'forMs'];
const facts = ['before', 'after'];

function knownFields(read: Readonly<Record<string, unknown>>): Partial<WrittenEntry> {
  const kindOf = (name: string): string | null => {
    if (texts.includes(name)) return 'string';
    if (numbers.includes(name)) return 'number';
    return facts.includes(name) ? 'object' : null;
  };
  const known = Object.entries(read).filter(([name, value]) => value !== null && typeof value === kindOf(name));
  return Object.fromEntries(known.map(([name, value]) => [name, value as AuditValue]));
}
