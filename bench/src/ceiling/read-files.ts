/* Reads files from their start to their end, one after another, in pieces of a megabyte, and nothing else. */
import { open } from 'node:fs/promises';
import { report, workerOptions } from '../measure/worker-channel.ts';

export interface ReadFilesOptions {
  readonly paths: readonly string[];
}

const pieceBytes = 1 << 20;

const { paths } = workerOptions<ReadFilesOptions>();
const piece = Buffer.allocUnsafeSlow(pieceBytes);
await report('measuring');
const startMs = performance.now();
let bytes = 0;
for (const path of paths) {
  await using file = await open(path);
  for (let read = -1; read !== 0; bytes += read) ({ bytesRead: read } = await file.read(piece, 0, pieceBytes, null));
}
await report('result', { bytes, elapsedMs: performance.now() - startMs });
