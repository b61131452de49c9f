/*
 * The bare server: cuts frames, checks the CRC of each batch, writes it to its partition's file, makes it durable, and
 * acknowledges. Nothing else: no offsets, no validation of records, no indexes, no deduplication, no limits.
 *
 * Durability is the product's group commit in its simplest form: whatever arrived while the last round was under way
 * makes the next one, with one writev and one fdatasync for each partition, all partitions at once. `interval` syncs
 * what was written every 100 ms and acknowledges before, as the product's.
 *
 * Whoever connects to the second port and says a word gets every batch once it is durable.
 */
import { strict as assert } from 'node:assert';
import { fdatasync, openSync, readFileSync, writev } from 'node:fs';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32c } from '@q/protocol';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { ackBytes, FrameCutter, servedHead, writeAck } from './frame.ts';

export interface CeilingServerOptions {
  readonly directory: string;
  readonly partitions: number;
  readonly durability: 'fsync' | 'interval' | 'os';
  /** Files in PEM, for TLS; absent: plain. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

export interface CeilingServerReady {
  readonly port: number;
  /** Where batches are forwarded. */
  readonly forwardPort: number;
}

interface Partition {
  readonly file: number;
  batches: Buffer[];
  isUnsynced: boolean;
}

interface Waiting {
  readonly socket: Socket;
  readonly correlation: number;
  readonly batch: Buffer;
}

const crcOffset = 17;
const crcFrom = 21;
const headBytes = 6;
const syncIntervalMs = 100;

const write = promisify(writev);
const sync = promisify(fdatasync);

const options = workerOptions<CeilingServerOptions>();
const partitions: Partition[] = Array.from({ length: options.partitions }, (_, index) => ({
  file: openSync(join(options.directory, `ceiling-${index}.log`), 'a'),
  batches: [],
  isUnsynced: false,
}));
const readers = new Set<Socket>();
let waiting: Waiting[] = [];
let isRoundUnderWay = false;

function receive(socket: Socket, body: Buffer): void {
  const batch = body.subarray(headBytes);
  assert(crc32c(batch.subarray(crcFrom)) === batch.readUInt32BE(crcOffset), 'the batch arrived damaged');
  partitions[body.readUInt16BE(4)]!.batches.push(batch);
  waiting.push({ socket, correlation: body.readUInt32BE(0), batch });
  if (!isRoundUnderWay) void runRounds();
}

async function runRounds(): Promise<void> {
  isRoundUnderWay = true;
  while (waiting.length > 0) {
    const acks = waiting;
    waiting = [];
    await Promise.all(partitions.filter(({ batches }) => batches.length > 0).map(makeDurable));
    acknowledge(acks);
    for (const reader of readers) forward(reader, acks);
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
  else partition.isUnsynced = true;
}

async function syncWritten(): Promise<void> {
  const unsynced = partitions.filter(({ isUnsynced }) => isUnsynced);
  for (const partition of unsynced) partition.isUnsynced = false;
  await Promise.all(unsynced.map(({ file }) => sync(file)));
  setTimeout(() => void syncWritten(), syncIntervalMs);
}

function acknowledge(acks: readonly Waiting[]): void {
  const bySocket = Map.groupBy(acks, ({ socket }) => socket);
  for (const [socket, group] of bySocket) {
    const buffer = Buffer.allocUnsafe(group.length * ackBytes);
    for (const [index, { correlation }] of group.entries()) writeAck(buffer, index * ackBytes, correlation);
    socket.write(buffer);
  }
}

function forward(reader: Socket, durable: readonly Waiting[]): void {
  reader.cork();
  for (const { batch } of durable) {
    reader.write(servedHead(batch.length));
    reader.write(batch);
  }
  reader.uncork();
}

/** The client's process is ended when its numbers are in, with requests still under way. */
function bare(onConnection: (socket: Socket) => void): Server {
  const connected = (socket: Socket): void => {
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  };
  const { tls } = options;
  const server =
    tls === undefined
      ? createServer({ noDelay: true }, connected)
      : createTlsServer(
          { cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile), minVersion: 'TLSv1.3', noDelay: true },
          connected,
        );
  return server.listen(0, '127.0.0.1');
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.on('listening', () => resolve((server.address() as AddressInfo).port)));
}

const producers = bare((socket) => {
  const cutter = new FrameCutter((body) => receive(socket, body));
  socket.on('data', (chunk: Buffer) => cutter.push(chunk));
});
const forwarding = bare((socket) => {
  socket.on('close', () => readers.delete(socket));
  socket.once('data', () => readers.add(socket));
});
if (options.durability === 'interval') void syncWritten();
const [port, forwardPort] = await Promise.all([listening(producers), listening(forwarding)]);
await report('ready', { port, forwardPort } satisfies CeilingServerReady);
