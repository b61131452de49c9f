/**
 * The internal topic that consumer groups and their offsets live on. It is made when the first group is.
 */
import { defaultLogConfig } from '@q/storage';
import type { LogConfig, LogId } from '@q/storage';

/** Fixed, so that the log is found before anything else is known of it. Frozen. */
export const groupsLogId: LogId = {
  topic: '__groups',
  topicId: '00000000-0000-4000-8000-000000000002',
  partition: 0,
};

/** The texts are what `topic describe` shows; the config below is what they come to. */
export const groupsSettings: Readonly<Record<string, string>> = {
  'cleanup.policy': 'compact',
  durability: 'fsync',
  'retention.bytes': '-1',
  'retention.ms': '-1',
  'segment.bytes': String(16 << 20),
};

/** Small segments, because only closed ones are compacted: what a start has to read is a few of them at most. */
export const groupsLogConfig: LogConfig = {
  ...defaultLogConfig,
  cleanupPolicy: { delete: false, compact: true },
  durability: 'fsync',
  retentionMs: -1,
  retentionBytes: -1,
  segmentBytes: 16 << 20,
};
