import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connect } from '@q/client';
import { answerParent } from '../abuse/child.ts';

/*
 * A program of left-loops.test.ts: begins loops over consumers and leaves each with its first message, and says what
 * memory it has after that. Everything that can be collected is, before it looks.
 */

export interface LeftBehind {
  /** Of V8's heap and beside it, in bytes. */
  readonly usedBytes: number;
  readonly bufferBytes: number;
  readonly residentBytes: number;
  /** On the signal that all consumers have. */
  readonly listeners: number;
}

const atOnce = 8;
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const [url, topic] = process.argv.slice(2) as [string, string];
const q = await connect(url);
const { signal } = new AbortController();

async function leaveLoops(count: number, o: { isHeld: boolean }): Promise<LeftBehind> {
  const held: unknown[] = [];
  const begin = async (): Promise<void> => {
    for (let loop = 0; loop < count / atOnce; loop += 1) {
      const consumer = q.consumer(topic, { from: 'earliest', signal });
      if (o.isHeld) held.push(consumer);
      for await (const { value } of consumer) {
        if (value === null) throw new Error('a record without its value');
        break;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, begin));
  // Twice, with a turn between them: what the first one frees lets go of more.
  collect();
  await new Promise((resolve) => void setImmediate(resolve));
  collect();
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  if (o.isHeld && held.length < count) throw new Error(`${held.length} consumers are held, not ${count}`);
  return {
    usedBytes: heapUsed + external,
    bufferBytes: arrayBuffers,
    residentBytes: rss,
    listeners: getEventListeners(signal, 'abort').length,
  };
}

answerParent({
  few: () => leaveLoops(800, { isHeld: false }),
  many: () => leaveLoops(10_000, { isHeld: false }),
  held: () => leaveLoops(800, { isHeld: true }),
});
