/**
 * The internal topic that the embedded metadata store lives on.
 */
import { defaultLogConfig } from '@q/storage';
import type { LogConfig, LogId } from '@q/storage';

/** Fixed, so that the log can be opened before anything is known. Frozen. */
export const metadataLogId: LogId = {
  topic: '__metadata',
  topicId: '00000000-0000-4000-8000-000000000001',
  partition: 0,
};

/** The texts are what `topic describe` shows; the config below is what they come to. */
export const metadataSettings: Readonly<Record<string, string>> = {
  'cleanup.policy': 'compact',
  durability: 'fsync',
  'retention.bytes': '-1',
  'retention.ms': '-1',
  'segment.bytes': String(16 << 20),
};

export const metadataLogConfig: LogConfig = {
  ...defaultLogConfig,
  cleanupPolicy: { delete: false, compact: true },
  durability: 'fsync',
  retentionMs: -1,
  retentionBytes: -1,
  segmentBytes: 16 << 20,
};
