/*
 * The bare producer: keeps a window of full batches in flight, spread over the partitions in turn.
 * - `ceiling`: every batch is the same buffer, made before the measurement. What is left is frames and the socket.
 * - `encoding`: every record is encoded anew through `BatchBuilder`, CRC included. What the product adds to this is its
 *   own: choosing the partition, keeping order and sequences, buffering by bytes, promises, retries.
 */
import { report, workerOptions } from '../measure/worker-channel.ts';
import { fullBatch, recordValue } from './full-batch.ts';
import { CeilingLink } from './link.ts';

export interface CeilingProduceOptions {
  readonly port: number;
  readonly partitions: number;
  readonly valueBytes: number;
  readonly batchBytesMax: number;
  readonly inFlightMax: number;
  readonly encodes: boolean;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

const options = workerOptions<CeilingProduceOptions>();
const value = recordValue(options.valueBytes);
const prebuilt = fullBatch({ value, bytesMax: options.batchBytesMax });
const link = await CeilingLink.open(options.port);
let acknowledged = 0;

/** Sends for a time and resolves when everything that was sent is acknowledged. */
function sendFor(durationMs: number): Promise<void> {
  const untilMs = performance.now() + durationMs;
  const { promise, resolve } = Promise.withResolvers<void>();
  let partition = 0;
  const fill = (): void => {
    while (link.inFlight < options.inFlightMax && performance.now() < untilMs) {
      const { batch, records } = options.encodes ? fullBatch({ value, bytesMax: options.batchBytesMax }) : prebuilt;
      link.send(partition, batch, () => {
        acknowledged += records;
        fill();
      });
      partition = (partition + 1) % options.partitions;
    }
    if (link.inFlight === 0) resolve();
  };
  fill();
  return promise;
}

await sendFor(options.warmUpMs);
acknowledged = 0;
await report('measuring');
const startMs = performance.now();
await sendFor(options.measureMs);
await report('result', { records: acknowledged, elapsedMs: performance.now() - startMs });
