/* Compresses and decompresses large data many times, as a busy broker does, and says how large the process became. */
import { compressInPool, decompressInPool } from '../../src/compression/codec.ts';
import { giveBack, returnOutput } from '../../src/compression/output-memory.ts';

const plain = Buffer.alloc(
  4 << 20,
  Array.from({ length: 9_000 }, (_, index) => `"customer":${(index * 7_919) % 10_007},`).join(''),
);
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const options = { bytesMax: plain.length, pause };

for (const codec of ['lz4', 'snappy'] as const) {
  for (let round = 0; round < 40; round += 1) {
    const compressed = await compressInPool(codec, plain, options);
    const output = await decompressInPool(codec, compressed, options);
    if (output.length !== plain.length) throw new Error(`${output.length} bytes came back instead of ${plain.length}`);
    if (!returnOutput(output)) giveBack(output);
    giveBack(compressed);
  }
}
process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
