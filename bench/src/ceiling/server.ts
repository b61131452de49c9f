/*
 * The bare server: cuts frames, checks the CRC of each batch, writes it to its partition's file, makes it durable, and
 * acknowledges. Nothing else: no offsets, no validation of records, no indexes, no deduplication, no limits.
 *
 * Durability is the product's group commit in its simplest form: whatever arrived while the last round was under way
 * makes the next one, with one writev and one fdatasync for each partition, all partitions at once.
 */
import { strict as assert } from 'node:assert';
import { fdatasync, openSync, writev } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32c } from '@q/protocol';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { ackBytes, FrameCutter, writeAck } from './frame.ts';

export interface CeilingServerOptions {
  readonly directory: string;
  readonly partitions: number;
  readonly durability: 'fsync' | 'os';
}

interface Partition {
  readonly file: number;
  batches: Buffer[];
}

interface Waiting {
  readonly socket: Socket;
  readonly correlation: number;
}

const crcOffset = 17;
const crcFrom = 21;
const headBytes = 6;

const write = promisify(writev);
const sync = promisify(fdatasync);

const options = workerOptions<CeilingServerOptions>();
const partitions: Partition[] = Array.from({ length: options.partitions }, (_, index) => ({
  file: openSync(join(options.directory, `ceiling-${index}.log`), 'a'),
  batches: [],
}));
let waiting: Waiting[] = [];
let isRoundUnderWay = false;

function receive(socket: Socket, body: Buffer): void {
  const batch = body.subarray(headBytes);
  assert(crc32c(batch.subarray(crcFrom)) === batch.readUInt32BE(crcOffset), 'the batch arrived damaged');
  partitions[body.readUInt16BE(4)]!.batches.push(batch);
  waiting.push({ socket, correlation: body.readUInt32BE(0) });
  if (!isRoundUnderWay) void runRounds();
}

async function runRounds(): Promise<void> {
  isRoundUnderWay = true;
  while (waiting.length > 0) {
    const acks = waiting;
    waiting = [];
    await Promise.all(partitions.filter(({ batches }) => batches.length > 0).map(makeDurable));
    acknowledge(acks);
  }
  isRoundUnderWay = false;
}

async function makeDurable(partition: Partition): Promise<void> {
  const batches = partition.batches;
  partition.batches = [];
  const bytes = batches.reduce((sum, batch) => sum + batch.length, 0);
  const { bytesWritten } = await write(partition.file, batches);
  assert(bytesWritten === bytes, 'the disk is full');
  if (options.durability === 'fsync') await sync(partition.file);
}

function acknowledge(acks: readonly Waiting[]): void {
  const bySocket = Map.groupBy(acks, ({ socket }) => socket);
  for (const [socket, group] of bySocket) {
    const buffer = Buffer.allocUnsafe(group.length * ackBytes);
    for (const [index, { correlation }] of group.entries()) writeAck(buffer, index * ackBytes, correlation);
    socket.write(buffer);
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  const cutter = new FrameCutter((body) => receive(socket, body));
  socket.on('data', (chunk: Buffer) => cutter.push(chunk));
  // The client's process is ended when its numbers are in, with requests still under way.
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => void report('ready', { port: (server.address() as AddressInfo).port }));
