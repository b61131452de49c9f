import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { AckedOutput } from '../../src/output/acked-output.ts';
import { ByteOutput } from '../../src/output/byte-output.ts';

/** A reader that takes each write when it is told to, or fails it. */
class SlowReader {
  readonly writes: string[] = [];
  #done: ((error?: Error) => void) | null = null;
  readonly stream: Writable = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      this.writes.push(chunk.toString());
      this.#done = done;
    },
  });

  take(error?: Error): void {
    this.#done?.(error);
  }
}

class TooLate extends Error {}

function scene(): {
  reader: SlowReader;
  acked: string[];
  output: AckedOutput;
  print: (text: string, ack?: () => void) => void;
} {
  const reader = new SlowReader();
  const bytes = new ByteOutput(reader.stream);
  const output = new AckedOutput(bytes, (error) => error instanceof TooLate);
  const acked: string[] = [];
  const print = (text: string, ack = (): void => void acked.push(text)): void => {
    bytes.text(text);
    output.add({ ack });
  };
  return { reader, acked, output, print };
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe('acknowledged output', () => {
  it('G2 C2 acknowledges what the reader has taken, and not what was added while it did', async () => {
    const { reader, acked, output, print } = scene();
    print('a');
    print('b');
    const first = output.flush();
    print('c');
    const second = output.flush();
    print('d');
    await turn();
    expect({ writes: reader.writes, acked }).toEqual({ writes: ['ab'], acked: [] });
    reader.take();
    await first;
    expect(acked).toEqual(['a', 'b']);
    await turn();
    expect({ writes: reader.writes, acked }).toEqual({ writes: ['ab', 'cd'], acked: ['a', 'b'] });
    reader.take();
    await second;
    expect(acked).toEqual(['a', 'b', 'c']);
    await output.flush();
    expect(acked).toEqual(['a', 'b', 'c', 'd']);
    expect(output).toMatchObject({ acknowledged: 4, unacknowledged: 0 });
  });

  it('G2 flushes by itself once the event loop comes round', async () => {
    const { reader, acked, output, print } = scene();
    print('a');
    output.flushSoon();
    print('b');
    output.flushSoon();
    await turn();
    reader.take();
    await turn();
    expect({ writes: reader.writes, acked }).toEqual({ writes: ['ab'], acked: ['a', 'b'] });
  });

  it('G2 acknowledges nothing after its reader has gone away', async () => {
    const { reader, acked, output, print } = scene();
    print('a');
    const flush = output.flush();
    print('b');
    await turn();
    reader.take(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }));
    await flush;
    await output.flush();
    expect(acked).toEqual([]);
    expect(output).toMatchObject({ acknowledged: 0, unacknowledged: 2 });
  });

  it('G2 counts what it was too late for, and goes on', async () => {
    const { reader, acked, output, print } = scene();
    print('a', () => {
      throw new TooLate();
    });
    print('b');
    const flush = output.flush();
    await turn();
    reader.take();
    await flush;
    expect(acked).toEqual(['b']);
    expect(output).toMatchObject({ acknowledged: 1, unacknowledged: 1 });
  });

  it('G2 throws what failed in the background at the next flush', async () => {
    const { reader, output, print } = scene();
    print('a', () => {
      throw new Error('broken');
    });
    output.flushSoon();
    await turn();
    reader.take();
    await turn();
    await expect(output.flush()).rejects.toThrow('broken');
  });
});
