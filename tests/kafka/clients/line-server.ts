/** The other end of `LineProgram`, for clients in JavaScript: reads requests, and writes what came of them. */
import { createInterface } from 'node:readline';
import type { ArgsOf, OperationName, ResultOf } from '../operations.ts';

/** The client has no such thing. */
export class Cannot extends Error {}

/** How an operation that goes on tells its news, and learns that it is to end. */
export interface Session {
  readonly tell: (event: string, data: object) => void;
  readonly signal: AbortSignal;
}

export type Operate = {
  readonly [O in OperationName]: (args: ArgsOf<O>, session: Session) => Promise<ResultOf<O>>;
};

interface Request {
  readonly id: number;
  readonly op: string;
  readonly args: unknown;
}

/** `codeOf` finds the name that the client has for an error. */
export function serveLines(operate: Operate, codeOf: (error: unknown) => string): void {
  const running = new Map<number, AbortController>();
  const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
  const serve = async ({ id, op, args }: Request): Promise<void> => {
    const stop = new AbortController();
    running.set(id, stop);
    const session: Session = { tell: (event, data) => say({ id, event, data }), signal: stop.signal };
    try {
      const work = operate[op as OperationName] as (args: unknown, session: Session) => Promise<unknown>;
      say({ id, ok: await work(args, session) });
    } catch (error) {
      if (error instanceof Cannot) say({ id, cannot: error.message });
      else say({ id, error: wordsOf(error), code: codeOf(error) });
    } finally {
      running.delete(id);
    }
  };
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const request = JSON.parse(line) as Request;
    if (request.op === 'stop') running.get((request.args as { id: number }).id)?.abort();
    else void serve(request);
  });
  lines.on('close', () => process.exit(0));
}

/** With what lies below it: a client may say no more than that something failed. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const below = [...(error instanceof AggregateError ? (error.errors as unknown[]) : []), error.cause];
  return [error.message, ...below.filter((each) => each !== undefined).map(wordsOf)].join(': ');
}

export function cannot(why: string): () => Promise<never> {
  return () => Promise.reject(new Cannot(why));
}

export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

export function bytes(encoded: string): Buffer {
  return Buffer.from(encoded, 'base64');
}

export function base64(value: Buffer | Uint8Array | null | undefined): string | null {
  return value === null || value === undefined ? null : Buffer.from(value).toString('base64');
}

/** Numbers to send one after the other, and which of them were acknowledged. */
export async function sendNumbers(
  { partitions, session }: { readonly partitions: number; readonly session: Session },
  send: (partition: number, values: readonly string[]) => Promise<unknown>,
): Promise<ResultOf<'load'>> {
  const acked: number[] = [];
  let failed = 0;
  let next = 0;
  const teller = setInterval(() => session.tell('acked', { count: acked.length }), 100);
  const lane = async (partition: number): Promise<void> => {
    while (!session.signal.aborted) {
      const numbers = Array.from({ length: numbersInBatch }, () => next++);
      try {
        await send(
          partition,
          numbers.map((number) => String(number)),
        );
        acked.push(...numbers);
      } catch (error) {
        failed += numbers.length;
        process.stderr.write(`${String(error)}\n`);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: partitions }, (_, partition) => lane(partition)));
  } finally {
    clearInterval(teller);
  }
  return { acked, failed };
}

const numbersInBatch = 10;
