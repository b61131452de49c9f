/** What a worker tells the process that started it. */
export interface WorkerMessage {
  readonly event: string;
  readonly body: unknown;
}

/** The options that `Worker.start` was given. */
export function workerOptions<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T;
}

/**
 * Resolves when the message has left this process. The process stays after its result, with the channel open, until it
 * is stopped: its usage is read from outside.
 */
export function report(event: string, body: object = {}): Promise<void> {
  const message: WorkerMessage = { event, body };
  return new Promise((resolve, reject) => {
    process.send!(message, undefined, undefined, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** Resolves when the process that started this one says `go`. */
export function goAhead(): Promise<void> {
  return new Promise((resolve) => process.once('message', () => resolve()));
}
