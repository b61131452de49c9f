import { decodeGroupRecord } from '@q/coordinator';
import type { GroupImage } from '@q/coordinator';
import type { PartitionLog } from '@q/storage';
import { replayStateLog } from '../../state-log/replay.ts';

/** Folds the groups topic into the image. @throws QError CORRUPT_LOG */
export function replayGroups(log: PartitionLog, image: GroupImage): Promise<void> {
  return replayStateLog(log, { decode: decodeGroupRecord, apply: (record) => image.apply(record) });
}
