import { isOutOfRoom } from '../errors.ts';
import type { LocalLog } from './local-log.ts';

/**
 * Before the log begins at `offset`: ids of the records below it must not be in the log alone, or a restart inside the
 * window would forget them. A full disk is no reason to keep the records: they go to make room. Not to be called while
 * the log is held by `exclusively`.
 */
export async function keepMessageIds(log: LocalLog, offset: number): Promise<void> {
  if (!log.checkpoints.messageIds.needsSaving(offset)) return;
  const { context, id } = log;
  try {
    if (await log.checkpoints.run({ keepsMessageIds: true })) await context.saveRecoveryPoints();
  } catch (error) {
    if (!isOutOfRoom(error)) throw error;
    const fields = { topic: id.topic, partition: id.partition, error };
    context.log.warn(fields, 'the disk has no room for the message ids of records that are dropped; a restart forgets them');
  }
}
