/*
 * The bare server of the read side: reads each partition's file from its start in pieces of whole batches, and writes
 * each piece to the socket as one frame, as fast as the socket takes it. The next piece is read while the last one is
 * being sent. It knows nothing of offsets, indexes or limits, and is not asked for each piece.
 *
 * It says `written` when its files are, and listens when it is told to go on: in between they may be dropped from
 * memory.
 */
import { once } from 'node:events';
import { fdatasyncSync, openSync, read, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { goAhead, report, workerOptions } from '../measure/worker-channel.ts';
import { FullBatches } from './full-batch.ts';
import type { BatchShape } from './full-batch.ts';

export interface CeilingServeOptions {
  readonly directory: string;
  readonly partitions: number;
  readonly shape: BatchShape;
  /** Records in all partitions together, rounded up to whole batches. */
  readonly records: number;
  /** Written to the disk, so that the page cache lets go of it. */
  readonly isCold: boolean;
}

const options = workerOptions<CeilingServeOptions>();
const readPiece = promisify(read);
const { batch, records: recordsPerBatch } = new FullBatches(options.shape).next();
const batchesPerPartition = Math.ceil(options.records / recordsPerBatch / options.partitions);
const files = Array.from({ length: options.partitions }, (_, index) => {
  const file = openSync(join(options.directory, `serve-${index}.log`), 'w+');
  for (let count = 0; count < batchesPerPartition; count += 1) writeSync(file, batch);
  if (options.isCold) fdatasyncSync(file);
  return file;
});

async function pieceOf(file: number, index: number): Promise<Buffer> {
  const frame = Buffer.allocUnsafeSlow(4 + batch.length);
  frame.writeUInt32BE(batch.length, 0);
  await readPiece(file, frame, 4, batch.length, index * batch.length);
  return frame;
}

/** Where the pieces lie, in the order in which they are sent: the partitions in turn. */
function* piecesInTurn(): Generator<{ file: number; index: number }> {
  for (let index = 0; index < batchesPerPartition; index += 1) for (const file of files) yield { file, index };
}

async function serve(socket: Socket): Promise<void> {
  let reading: Promise<Buffer> | null = null;
  for (const { file, index } of piecesInTurn()) {
    const frame = reading;
    reading = pieceOf(file, index);
    if (frame !== null && !socket.write(await frame)) await once(socket, 'drain');
  }
  if (reading !== null) socket.write(await reading);
}

const server = createServer({ noDelay: true, highWaterMark: 1 << 20 }, (socket) => {
  // The client's process is ended when its numbers are in.
  socket.on('error', () => socket.destroy());
  socket.once('data', () => void serve(socket));
});
const goes = goAhead();
await report('written');
await goes;
server.listen(0, '127.0.0.1', () => {
  void report('ready', {
    port: (server.address() as AddressInfo).port,
    records: batchesPerPartition * options.partitions * recordsPerBatch,
  });
});
