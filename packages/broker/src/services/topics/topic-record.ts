/**
 * What the metadata store keeps of a topic, as JSON under `topics/<name>`. Frozen: fields may be added, never changed.
 *
 * `state`: a topic is created by a record with `active` and goes in two steps, so that a broker that stops in between
 * knows which data to remove and never removes any that it was not told to: the record turns to `deleting`, the logs
 * are deleted, the record is removed.
 */
import { QError } from '@q/protocol';
import { parseJson } from '../../metadata/json.ts';

export interface TopicRecord {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: number;
  readonly replicas: number;
  /** The topic's own settings as text; the broker's defaults are not copied. */
  readonly configs: Readonly<Record<string, string>>;
  readonly state: 'active' | 'deleting';
  /** The broker's term in which the topic was made: its leader epoch was 0 then. */
  readonly firstTerm: number;
  readonly createdAtMs: number;
}

export const topicKeyPrefix = 'topics/';

export function topicKey(name: string): string {
  return topicKeyPrefix + name;
}

export function encodeTopicRecord(record: TopicRecord): string {
  return JSON.stringify({ format: 1, ...record });
}

/** @throws QError CORRUPT_LOG when the text is not a topic record: somebody else wrote it, or a newer broker did */
export function decodeTopicRecord(key: string, text: string): TopicRecord {
  const record = parseJson(text) as (Partial<TopicRecord> & { format?: number }) | null;
  const isOne =
    record !== null
    && typeof record === 'object'
    && record.format === 1
    && key === topicKey(String(record.name))
    && typeof record.topicId === 'string'
    && isCount(record.partitions)
    && isCount(record.replicas)
    && isTexts(record.configs)
    && (record.state === 'active' || record.state === 'deleting')
    && Number.isSafeInteger(record.firstTerm)
    && Number.isSafeInteger(record.createdAtMs);
  if (!isOne) throw new QError('CORRUPT_LOG', `the metadata entry ${key} is not a topic that this broker understands`);
  return record as TopicRecord;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isTexts(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');
}
