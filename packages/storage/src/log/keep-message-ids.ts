import { isOutOfRoom } from '../errors.ts';
import type { LogCheckpoints } from './log-checkpoints.ts';
import type { LogCore } from './log-core.ts';

/**
 * Before the log begins at `offset`: ids of the records below it must not be in the log alone, or a restart inside the
 * window would forget them. A full disk is no reason to keep the records: they go to make room. Not to be called while
 * it is somebody's turn with the log (`LogCore.turns`).
 */
export async function keepMessageIds(
  { core, checkpoints }: { core: LogCore; checkpoints: LogCheckpoints },
  offset: number,
): Promise<void> {
  if (!checkpoints.messageIds.needsSaving(offset)) return;
  const { context, id } = core;
  try {
    if (await checkpoints.run({ keepsMessageIds: true })) await context.saveRecoveryPoints();
  } catch (error) {
    if (!isOutOfRoom(error)) throw error;
    context.log.warn(
      { event: 'partition.message_ids_not_saved', topic: id.topic, partition: id.partition, err: error },
      'the disk has no room for the message ids of records that are dropped; a restart forgets them',
    );
  }
}
