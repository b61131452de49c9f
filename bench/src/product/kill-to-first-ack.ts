import { Worker } from '../measure/worker.ts';
import { startProductBroker, temporaryFolder } from './broker.ts';
import type { FillOptions } from './fill.ts';
import type { FirstAckOptions } from './first-ack.ts';

export interface KillToFirstAckOptions {
  /** Folder on the disk that is measured; what is made in it is removed. */
  readonly directory: string;
  /** Bytes of values in the log when the broker is killed. */
  readonly bytes: number;
  readonly timeoutMs: number;
}

export interface KillToFirstAck {
  /** From the start of the next process to the acknowledgement of a record that it has synced. */
  readonly ackMs: number;
  /** From the start of the next process to its word that it is ready. */
  readonly readyMs: number;
  /** The same, as the broker itself counts it. */
  readonly startMs: number;
}

const partitions = 12;
const valueBytes = 1000;

/** Killed right after the last record, of which nobody has asked a sync: the worst case for recovery. Runs the built broker. */
export async function killToFirstAck({ directory, bytes, timeoutMs }: KillToFirstAckOptions): Promise<KillToFirstAck> {
  await using folder = await temporaryFolder(directory);
  await using killed = await startProductBroker(folder.path);
  const { url, port } = killed;
  const filling = { url, topic: 'filled', partitions, valueBytes, records: Math.floor(bytes / valueBytes) };
  await using filler = Worker.start('product/fill.ts', filling satisfies FillOptions);
  await filler.next('result', timeoutMs);
  await killed.kill();
  await filler.stop();
  await using client = Worker.start('product/first-ack.ts', { url } satisfies FirstAckOptions);
  await client.next('waiting', timeoutMs);
  const startMs = performance.now();
  await using broker = await startProductBroker(folder.path, port);
  const readyMs = performance.now() - startMs;
  await client.next('result', timeoutMs);
  return { ackMs: performance.now() - startMs, readyMs, startMs: broker.startMs };
}
