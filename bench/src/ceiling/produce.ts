/*
 * The bare producers, each with a connection: keep a window of full batches in flight, spread over the partitions in
 * turn.
 * - `ceiling`: every batch is the same buffer, made before the measurement. What is left is frames and the socket.
 * - `encoding`: every record is encoded anew through `BatchBuilder`, CRC and codec included. What the product adds to
 *   this is its own: choosing the partition, keeping order and sequences, buffering by bytes, promises, retries.
 */
import { readFileSync } from 'node:fs';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { FullBatches } from './full-batch.ts';
import type { BatchShape } from './full-batch.ts';
import { CeilingLink } from './link.ts';

export interface CeilingProduceOptions {
  readonly port: number;
  /** The authority's certificate, for TLS; absent: plain. */
  readonly caFile?: string;
  readonly partitions: number;
  readonly producers: number;
  readonly shape: BatchShape;
  /** Of each producer. */
  readonly inFlightMax: number;
  readonly encodes: boolean;
  /** For some time, after a warm-up; or a number of records, rounded up to whole batches, without one. */
  readonly amount: { readonly warmUpMs: number; readonly measureMs: number } | { readonly records: number };
}

const options = workerOptions<CeilingProduceOptions>();
const { port, caFile, partitions, producers, shape, inFlightMax, encodes, amount } = options;
const ca = caFile === undefined ? null : readFileSync(caFile);
const batches = new FullBatches(shape);
const prebuilt = batches.next();
const links = await Promise.all(Array.from({ length: producers }, () => CeilingLink.open(port, ca)));
let sent = 0;
let acknowledged = 0;

/** Sends while `goesOn` and resolves when everything that was sent is acknowledged. */
async function sendWhile(goesOn: () => boolean): Promise<void> {
  await Promise.all(links.map((link, index) => sendThrough(link, index, goesOn)));
}

function sendThrough(link: CeilingLink, first: number, goesOn: () => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let partition = first % partitions;
  const fill = (): void => {
    while (link.inFlight < inFlightMax && goesOn()) {
      const { batch, records } = encodes ? batches.next() : prebuilt;
      sent += records;
      link.send(partition, batch, () => {
        acknowledged += records;
        fill();
      });
      partition = (partition + 1) % partitions;
    }
    if (link.inFlight === 0) resolve();
  };
  fill();
  return promise;
}

function sendFor(durationMs: number): Promise<void> {
  const untilMs = performance.now() + durationMs;
  return sendWhile(() => performance.now() < untilMs);
}

if ('warmUpMs' in amount) await sendFor(amount.warmUpMs);
acknowledged = 0;
await report('measuring');
const startMs = performance.now();
await ('measureMs' in amount ? sendFor(amount.measureMs) : sendWhile(() => sent < amount.records));
await report('result', { records: acknowledged, elapsedMs: performance.now() - startMs });
