import type { Handed } from './group-message.ts';

export interface RunOptions<M> {
  readonly messages: AsyncIterable<M, undefined>;
  readonly handler: (message: M) => unknown;
  /** False: one after another. */
  readonly isConcurrent: boolean;
  /** Ends the messages. */
  readonly stop: () => void;
  /** A handler failed with a message that is not ours any more. */
  readonly onStaleFailure: (thrown: unknown) => void;
}

/** Hands each message to the handler and acknowledges it. Throws the first error of a handler, after the messages have ended. */
export async function runHandler<M extends Handed>(o: RunOptions<M>): Promise<void> {
  let failure: { readonly thrown: unknown } | null = null;
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
  for await (const message of o.messages) {
    const handling = handle(message);
    if (!o.isConcurrent) await handling;
  }
  rethrow(failure);
}

function rethrow(failure: { readonly thrown: unknown } | null): void {
  // The application's own error, whatever it is.
  if (failure !== null) throw failure.thrown;
}
