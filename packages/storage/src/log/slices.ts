import { checkWorkBytes, visitRecordsInSlices } from '@q/protocol';
import type { RecordVisitor, SliceOptions } from '@q/protocol';
import type { LogContext } from './log-context.ts';

/** A batch that takes no more than this waits for no other. */
const smallBytesMax = 1 << 20;

/** How the records of a large batch are walked on the loop that serves clients: others have their turn in between. */
export function slicesOf({ clock, limits }: Pick<LogContext, 'clock' | 'limits'>): SliceOptions {
  return {
    uncompressedBytesMax: limits.uncompressedBytesMax,
    pause: () => new Promise((resolve) => clock.defer(resolve)),
  };
}

/** As `visitRecordsInSlices`. Of large batches few are in memory at once, however many readers ask for a time. */
export async function visitRecords(context: LogContext, batch: Buffer, visit: RecordVisitor): Promise<void> {
  const work = (): Promise<void> => visitRecordsInSlices(batch, visit, slicesOf(context));
  await (checkWorkBytes(batch) <= smallBytesMax ? work() : context.largeBatches.run(work));
}
