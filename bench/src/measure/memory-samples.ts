import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** What a process says of its own memory, in bytes. */
export interface MemorySample {
  /** Since the process began. */
  readonly atMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

/**
 * Appends what this process has to `file`, a line of JSON each time, for as long as it lives; it is not kept alive by
 * that.
 */
export function writeSamples(file: string, everyMs: number): void {
  const write = (): void => {
    const { rss, heapUsed, external } = process.memoryUsage();
    appendFileSync(
      file,
      `${JSON.stringify({ atMs: Math.round(performance.now()), rss, heapUsed, external } satisfies MemorySample)}\n`,
    );
  };
  setInterval(write, everyMs).unref();
}

export async function readSamples(file: string): Promise<MemorySample[]> {
  // The last line of a process that was killed may be cut short.
  const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as MemorySample);
}
