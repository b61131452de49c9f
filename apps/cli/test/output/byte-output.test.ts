import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ByteOutput } from '../../src/output/byte-output.ts';

describe('byte output', () => {
  it('C2 writes small pieces together, in order, also when they outgrow the buffer', async () => {
    const chunks: Buffer[] = [];
    const output = new ByteOutput(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          chunks.push(Buffer.from(chunk));
          done();
        },
      }),
    );
    const large = Buffer.alloc(500_000, 'x');
    output.text('é1 ');
    output.bytes(large);
    output.text(' 2');
    expect(output.isFull).toBe(true);
    await output.flush();
    expect(chunks).toHaveLength(1);
    expect(Buffer.concat(chunks)).toEqual(Buffer.concat([Buffer.from('é1 '), large, Buffer.from(' 2')]));
    expect(output.isFull).toBe(false);
  });

  it('C2 waits for a slow reader', async () => {
    let release = (): void => undefined;
    const output = new ByteOutput(
      new Writable({
        write(_chunk, _encoding, done) {
          release = done;
        },
      }),
    );
    let flushed = false;
    output.text('a');
    const flush = output.flush().then(() => {
      flushed = true;
    });
    await new Promise(setImmediate);
    expect(flushed).toBe(false);
    release();
    await flush;
    expect(flushed).toBe(true);
  });

  it('C2 flushes by itself once the event loop comes round', async () => {
    const stream = new PassThrough();
    const output = new ByteOutput(stream);
    output.text('live');
    output.flushSoon();
    output.flushSoon();
    const [chunk] = await new Promise<Buffer[]>((resolve) => {
      stream.once('data', (data: Buffer) => resolve([data]));
    });
    expect(String(chunk)).toBe('live');
  });

  it('C2 goes quiet when its reader goes away, and fails for anything else', async () => {
    const broken = (code: string): ByteOutput =>
      new ByteOutput(
        new Writable({
          write(_chunk, _encoding, done) {
            done(Object.assign(new Error(code), { code }));
          },
        }),
      );
    const gone = broken('EPIPE');
    gone.text('a');
    await gone.flush();
    expect(gone.closed).toBe(true);
    await new Promise(setImmediate);
    gone.text('b');
    await gone.flush();

    const full = broken('ENOSPC');
    full.text('a');
    await expect(full.flush()).rejects.toThrow('ENOSPC');
    await new Promise(setImmediate);
    full.text('b');
    await expect(full.flush()).rejects.toThrow('ENOSPC');
  });

  it('O1 goes on where a stream says that it has taken the bytes before write returns', async () => {
    const taken: string[] = [];
    const stream = Object.assign(new PassThrough(), {
      write: (chunk: Buffer, done: () => void): boolean => {
        taken.push(String(chunk));
        done();
        return true;
      },
    });
    const output = new ByteOutput(stream);
    output.text('one');
    await output.flush();
    output.text('two');
    await output.flush();
    expect(taken).toEqual(['one', 'two']);
  });
});
