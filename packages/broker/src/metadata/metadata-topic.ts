/**
 * The internal topic that the embedded metadata store lives on.
 */
import type { LogId } from '@q/storage';

/** Fixed, so that the log can be opened before anything is known. Frozen. */
export const metadataLogId: LogId = {
  topic: '__metadata',
  topicId: '00000000-0000-4000-8000-000000000001',
  partition: 0,
};
