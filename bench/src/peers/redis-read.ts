/*
 * Reads a Redis stream from its first entry: no load tool of Redis does, because each XREAD needs the last id of the
 * answer before.
 *
 *   node redis-read.ts PORT KEY RECORDS BYTES
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { ReadMeter } from '../measure/read-meter.ts';
import { RespEntries } from './resp-entries.ts';

/** Entries an answer. More are no faster, and Redis serves nobody else while it makes one. */
const entriesMax = 5000;

const [port, key, records, valueBytes] = [
  Number(process.argv[2]),
  process.argv[3]!,
  Number(process.argv[4]),
  Number(process.argv[5]),
];
const socket = connect({ host: '127.0.0.1', port, noDelay: true });
await once(socket, 'connect');
const entries = new RespEntries();
const meter = new ReadMeter(records, () => undefined);
let counted = 0;

function ask(): void {
  const words = ['XREAD', 'COUNT', String(entriesMax), 'STREAMS', key, entries.lastId];
  socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`);
}

ask();
for await (const chunk of socket as AsyncIterable<Buffer>) {
  if (!entries.push(chunk)) continue;
  if (entries.entries === counted) throw new Error(`the stream ended after ${counted} of ${records} records`);
  meter.add(entries.entries - counted);
  counted = entries.entries;
  if (meter.isDone) break;
  ask();
}
if (entries.valueBytes !== counted * valueBytes)
  throw new Error(`${entries.valueBytes} bytes were read of ${counted} records`);
const { records: measured, elapsedMs } = meter.result();
process.stdout.write(`records=${measured} elapsedMs=${elapsedMs}\n`);
