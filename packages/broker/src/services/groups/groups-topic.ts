/**
 * The internal topic that consumer groups and their offsets live on. It is made when the first group is.
 */
import type { LogId } from '@q/storage';

/** Fixed, so that the log is found before anything else is known of it. Frozen. */
export const groupsLogId: LogId = {
  topic: '__groups',
  topicId: '00000000-0000-4000-8000-000000000002',
  partition: 0,
};
