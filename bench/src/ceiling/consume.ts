/*
 * The bare consumer: cuts frames and walks every record to its value. No CRC check, no offsets, no positions, no
 * prefetch budget, no message objects.
 */
import { connect } from 'node:net';
import { ReadMeter } from '../measure/read-meter.ts';
import { report, workerOptions } from '../measure/worker-channel.ts';
import { walkBatches } from './batch-walk.ts';
import { FrameCutter } from './frame.ts';

export interface CeilingConsumeOptions {
  readonly port: number;
  readonly records: number;
}

const options = workerOptions<CeilingConsumeOptions>();
const meter = new ReadMeter(options.records, () => void report('measuring'));
let valueBytes = 0;

const cutter = new FrameCutter((body) => {
  meter.add(walkBatches(body, (value) => (valueBytes += value.length)));
  if (meter.isDone) void finish();
});
const socket = connect({ host: '127.0.0.1', port: options.port, noDelay: true });
socket.on('data', (chunk: Buffer) => cutter.push(chunk));
socket.write('go');
await report('reading');

async function finish(): Promise<void> {
  await report('result', { ...meter.result(), valueBytes });
}
