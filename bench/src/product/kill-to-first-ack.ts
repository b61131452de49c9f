import { fill } from '../cases/filled-topic.ts';
import type { Filling } from '../cases/filled-topic.ts';
import { Worker } from '../measure/worker.ts';
import { startProductBroker, temporaryFolder } from './broker.ts';
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

const valueBytes = 1000;

/** Runs the built broker on a folder of its own. */
export async function killToFirstAck({ directory, bytes, timeoutMs }: KillToFirstAckOptions): Promise<KillToFirstAck> {
  await using folder = await temporaryFolder(directory);
  const shape = { valueBytes, isVaried: false, codec: 'none' } as const;
  const filling: Filling = {
    topic: 'filled',
    partitions: 12,
    shape,
    records: Math.floor(bytes / valueBytes),
    durability: 'os',
    fromMs: null,
    isNew: true,
  };
  return await fillKillAndAck(folder.path, { filling, topic: 'first', timeoutMs });
}

/**
 * Killed right after the last record, of which nobody has asked a sync: the worst case for recovery. The folder may
 * have logs already, and keeps what it has. The acknowledgement is of a record in `topic`, which must not be there yet.
 */
export async function fillKillAndAck(
  dataDir: string,
  o: { filling: Filling; topic: string; timeoutMs: number },
): Promise<KillToFirstAck> {
  const { filling, topic, timeoutMs } = o;
  await using killed = await startProductBroker(dataDir);
  const { url, port } = killed;
  await fill(killed, filling);
  await killed.kill();
  await using client = Worker.start('product/first-ack.ts', { url, topic } satisfies FirstAckOptions);
  await client.next('waiting', timeoutMs);
  const startMs = performance.now();
  await using broker = await startProductBroker(dataDir, { port });
  const readyMs = performance.now() - startMs;
  await client.next('result', timeoutMs);
  const ackMs = performance.now() - startMs;
  await broker.stop();
  return { ackMs, readyMs, startMs: broker.startMs };
}
