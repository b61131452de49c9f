import type { Handed } from './group-message.ts';

export interface RunOptions<M> {
  readonly messages: AsyncIterable<M, undefined>;
  readonly handler: (message: M) => unknown;
  /** Looks after what the handler threw; null: that ends everything. */
  readonly onError: ((thrown: unknown, message: M) => unknown) | null;
  /** False: one after another. */
  readonly isConcurrent: boolean;
  /** Ends the messages. */
  readonly stop: () => void;
  /** Resolves when the messages have ended, or are about to. */
  readonly closed: Promise<unknown>;
  /** A handler failed with a message that is not ours any more. */
  readonly onStaleFailure: (thrown: unknown) => void;
}

/**
 * Hands each message to the handler and acknowledges it. A message whose handler throws counts as handled once
 * `onError` has looked after it. Throws the first error that nobody looked after, after the messages have ended. A
 * handler that is not done by then is left to itself.
 */
export async function runHandler<M extends Handed>(o: RunOptions<M>): Promise<void> {
  let failure: { readonly thrown: unknown } | null = null;
  let isHandling = false;
  const handle = async (message: M): Promise<void> => {
    try {
      await handleOrLookAfter(o, message);
      if (message.isPending) message.ack();
    } catch (thrown) {
      if (message.signal.aborted) return o.onStaleFailure(thrown);
      message.giveUp();
      failure ??= { thrown };
      o.stop();
    }
  };
  const handleAll = async (): Promise<void> => {
    for await (const message of o.messages) {
      const handling = handle(message);
      if (o.isConcurrent) continue;
      isHandling = true;
      await handling;
      isHandling = false;
    }
  };
  await new Promise<void>((resolve, reject) => {
    handleAll().then(resolve, reject);
    // Between two messages the loop ends by itself, perhaps with an error.
    void o.closed.then(() => {
      if (isHandling) resolve();
    });
  });
  rethrow(failure);
}

async function handleOrLookAfter<M extends Handed>(
  { handler, onError }: Pick<RunOptions<M>, 'handler' | 'onError'>,
  message: M,
): Promise<void> {
  try {
    await handler(message);
  } catch (thrown) {
    // What becomes of a message of somebody else's is not ours to decide.
    if (onError === null || message.signal.aborted) throw thrown;
    await onError(thrown, message);
  }
}

function rethrow(failure: { readonly thrown: unknown } | null): void {
  // The application's own error, whatever it is.
  if (failure !== null) throw failure.thrown;
}
