import type { Append, AppendWaiter } from '@q/storage';

/** The append, which counts once something else is durable, too. Either may fail. */
export function appendOnce(append: Append, alsoDurable: Promise<void>): Append {
  const durable = Promise.all([append.durable, alsoDurable]).then(() => undefined);
  // Whoever waits hears of it by `whenSettled`.
  durable.catch(() => undefined);
  const { baseOffset, lastOffset, logAppendTimeMs, duplicate, repeats } = append;
  return {
    baseOffset,
    lastOffset,
    logAppendTimeMs,
    duplicate,
    repeats,
    durable,
    whenSettled: (waiter: AppendWaiter) =>
      void durable.then(
        () => waiter.kept(),
        (error: Parameters<AppendWaiter['failed']>[0]) => waiter.failed(error),
      ),
  };
}
