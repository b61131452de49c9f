import type { Handed } from './group-message.ts';

export interface RunOptions<M> {
  readonly messages: AsyncIterable<M, undefined>;
  readonly handler: (message: M) => unknown;
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
 * Hands each message to the handler and acknowledges it. Throws the first error of a handler, after the messages have
 * ended. A handler that is not done by then is left to itself.
 */
export async function runHandler<M extends Handed>(o: RunOptions<M>): Promise<void> {
  let failure: { readonly thrown: unknown } | null = null;
  let isHandling = false;
  const handle = async (message: M): Promise<void> => {
    try {
      await o.handler(message);
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

function rethrow(failure: { readonly thrown: unknown } | null): void {
  // The application's own error, whatever it is.
  if (failure !== null) throw failure.thrown;
}
