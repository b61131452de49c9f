import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameDecoder } from '../../src/index.ts';
import { errorOf } from '../error-of.ts';

const frameBytesMax = 1 << 20;

function framed(payload: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

function drain(decoder: FrameDecoder): Buffer[] {
  const frames: Buffer[] = [];
  for (let frame = decoder.next(); frame !== null; frame = decoder.next()) frames.push(frame);
  return frames;
}

/** Feeds the stream in pieces of the given sizes, and the rest at the end. */
function feed(stream: Buffer, sizes: readonly number[]): Buffer[] {
  const decoder = new FrameDecoder({ frameBytesMax });
  const frames: Buffer[] = [];
  let position = 0;
  for (const size of [...sizes, stream.length]) {
    decoder.push(stream.subarray(position, position + size));
    position = Math.min(stream.length, position + size);
    frames.push(...drain(decoder));
  }
  expect(decoder.bufferedBytes).toBe(0);
  return frames;
}

const payload = fc.uint8Array({ minLength: 6, maxLength: 300 });
const payloads = fc.array(payload, { maxLength: 8 });

describe('FrameDecoder', () => {
  it('W1 W3 asks for memory only once the sender has completed a frame as large, and gives out as much of it as the frame has', () => {
    const asked: number[] = [];
    const allocate = (length: number): Buffer => {
      asked.push(length);
      return Buffer.alloc(length + 1_000);
    };
    const decoder = new FrameDecoder({ frameBytesMax, allocate });
    const [large, smaller] = [Buffer.alloc(300_000, 1), Buffer.alloc(200_000, 2)];
    const stream = Buffer.concat([large, smaller, large].map(framed));
    const frames: Buffer[] = [];
    for (let at = 0; at < stream.length; at += 1_000) {
      decoder.push(stream.subarray(at, at + 1_000));
      frames.push(...drain(decoder));
    }
    expect(frames).toEqual([large, smaller, large]);
    expect(asked).toEqual([200_000, 300_000]);
  });

  it('W1 finds the same frames byte by byte as in one piece', () => {
    fc.assert(
      fc.property(payloads, (expected) => {
        const stream = Buffer.concat(expected.map(framed));
        const frames = expected.map((bytes) => Buffer.from(bytes));
        expect(feed(stream, [])).toEqual(frames);
        expect(
          feed(
            stream,
            Array.from(stream, () => 1),
          ),
        ).toEqual(frames);
      }),
      { numRuns: 60 },
    );
  });

  it('W1 finds the same frames in pieces of any size', () => {
    fc.assert(
      fc.property(payloads, fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 12 }), (expected, sizes) => {
        expect(feed(Buffer.concat(expected.map(framed)), sizes)).toEqual(expected.map((bytes) => Buffer.from(bytes)));
      }),
      { numRuns: 200 },
    );
  });

  it('grows through large frames without losing a byte', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 16_000, max: 600_000 }),
        fc.array(fc.integer({ min: 1, max: 70_000 }), { maxLength: 20 }),
        (length, sizes) => {
          const large = Buffer.alloc(length, 'abcdefghijklmnopqrstuvwxyz0123456789');
          const [frame, ...others] = feed(framed(large), sizes);
          expect(others).toEqual([]);
          expect(frame!.equals(large)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('Z1 gives a view when the frame lies in one chunk', () => {
    const chunk = Buffer.concat([framed(Buffer.from('first one')), framed(Buffer.from('second'))]);
    const decoder = new FrameDecoder({ frameBytesMax });
    decoder.push(chunk);
    for (const frame of drain(decoder)) expect(frame.buffer).toBe(chunk.buffer);
  });

  it('takes several chunks before it is asked', () => {
    const stream = framed(Buffer.from('0123456789'));
    const decoder = new FrameDecoder({ frameBytesMax });
    for (const byte of stream) decoder.push(Buffer.from([byte]));
    expect(decoder.bufferedBytes).toBe(14);
    expect(drain(decoder)).toEqual([Buffer.from('0123456789')]);
    expect(decoder.bufferedBytes).toBe(0);
  });

  it('counts the bytes of an unfinished frame', () => {
    const decoder = new FrameDecoder({ frameBytesMax });
    decoder.push(framed(Buffer.alloc(100)).subarray(0, 50));
    expect(decoder.next()).toBeNull();
    expect(decoder.bufferedBytes).toBe(50);
    decoder.push(Buffer.alloc(0));
    expect(decoder.next()).toBeNull();
  });

  it('accepts a frame of exactly the limit and refuses one more', () => {
    const decoder = new FrameDecoder({ frameBytesMax: 10 });
    decoder.push(framed(Buffer.alloc(10)));
    expect(decoder.next()).toHaveLength(10);
    decoder.push(framed(Buffer.alloc(11)));
    const error = errorOf(() => decoder.next());
    expect(error).toMatchObject({ code: 'FRAME_TOO_LARGE', details: { frameBytes: 11, frameBytesMax: 10 } });
    expect(error.message).toBe('a frame of 11 bytes is larger than the limit of 10');
  });

  it('refuses a huge length as soon as it has seen it', () => {
    const decoder = new FrameDecoder({ frameBytesMax });
    decoder.push(Buffer.from('ffffff', 'hex'));
    expect(decoder.next()).toBeNull();
    decoder.push(Buffer.from('ff', 'hex'));
    expect(errorOf(() => decoder.next()).code).toBe('FRAME_TOO_LARGE');
  });

  it('A2, SEC-1: allocates little for a sender that announces much and sends little', () => {
    const decoder = new FrameDecoder({ frameBytesMax: 1 << 30 });
    const before = process.memoryUsage().arrayBuffers;
    decoder.push(Buffer.from('3fffffff00', 'hex'));
    expect(decoder.next()).toBeNull();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  it.each([0, 1, 5])('refuses a frame of %d bytes: no header fits', (length) => {
    const decoder = new FrameDecoder({ frameBytesMax });
    decoder.push(framed(Buffer.alloc(length)));
    expect(errorOf(() => decoder.next())).toMatchObject({ code: 'MALFORMED_FRAME' });
  });

  it('gives the frames before the bad one, and then the same error for ever', () => {
    const decoder = new FrameDecoder({ frameBytesMax });
    decoder.push(Buffer.concat([framed(Buffer.from('good one')), Buffer.alloc(4), framed(Buffer.from('lost one'))]));
    expect(decoder.next()).toEqual(Buffer.from('good one'));
    const error = errorOf(() => decoder.next());
    decoder.push(framed(Buffer.from('lost too')));
    expect(errorOf(() => decoder.next())).toBe(error);
  });

  it('lets its limit be raised after hello', () => {
    const decoder = new FrameDecoder({ frameBytesMax: 8 });
    decoder.push(framed(Buffer.alloc(8)));
    expect(decoder.next()).toHaveLength(8);
    decoder.frameBytesMax = 9;
    decoder.push(framed(Buffer.alloc(9)));
    expect(decoder.next()).toHaveLength(9);
  });

  it('never gives a frame beyond the limits, whatever it is fed', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (chunks) => {
        const decoder = new FrameDecoder({ frameBytesMax: 30 });
        try {
          for (const chunk of chunks) {
            decoder.push(Buffer.from(chunk));
            for (const frame of drain(decoder)) expect(frame.length >= 6 && frame.length <= 30).toBe(true);
            expect(decoder.bufferedBytes).toBeLessThan(34);
          }
        } catch (error) {
          expect(error).toMatchObject({
            code: expect.stringMatching(/^(FRAME_TOO_LARGE|MALFORMED_FRAME)$/) as unknown,
          });
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['a browser', Buffer.from('GET / HTTP/1.1\r\n'), 'this looks like an HTTP request'],
    ['an HTTP/2 client', Buffer.from('PRI * HTTP/2.0\r\n'), 'this looks like an HTTP/2 request'],
    ['a TLS client', Buffer.from('16030100f8010000', 'hex'), 'connect without TLS'],
    ['an SSH client', Buffer.from('SSH-2.0-x\r\n'), 'this looks like an SSH greeting'],
  ])('tells %s in plain words that this is not its port', (_who, greeting, words) => {
    const decoder = new FrameDecoder({ frameBytesMax: 65_536 });
    decoder.push(greeting);
    const error = errorOf(() => decoder.next());
    expect(error.code).toBe('FRAME_TOO_LARGE');
    expect(error.message).toContain(words);
  });

  it('W1 keeps frames whole when the memory of lent chunks is used again', () => {
    const stream = Buffer.concat([
      framed(Buffer.alloc(20, 1)),
      framed(Buffer.alloc(30, 2)),
      framed(Buffer.alloc(500, 3)),
    ]);
    const decoder = new FrameDecoder({ frameBytesMax, chunksAreLent: true });
    const lent = Buffer.alloc(64);
    const frames: Buffer[] = [];
    for (let position = 0; position < stream.length; position += lent.length) {
      decoder.push(lent.subarray(0, stream.copy(lent, 0, position)));
      frames.push(...drain(decoder));
      lent.fill(0xff);
    }
    expect(frames).toEqual([Buffer.alloc(20, 1), Buffer.alloc(30, 2), Buffer.alloc(500, 3)]);
  });

  it('Z1 gives frames that lie whole in a lent chunk as views of it, and says so, to who asks for that', () => {
    const stream = Buffer.concat([
      framed(Buffer.alloc(20, 1)),
      framed(Buffer.alloc(30, 2)),
      framed(Buffer.alloc(40, 3)),
    ]);
    const [first, second] = [Buffer.from(stream.subarray(0, 40)), Buffer.from(stream.subarray(40))];
    const decoder = new FrameDecoder({ frameBytesMax, chunksAreLent: true });
    decoder.push(first);
    const one = decoder.nextLent()!;
    expect([one, one.buffer === first.buffer, decoder.frameIsLent]).toEqual([Buffer.alloc(20, 1), true, true]);
    expect(decoder.nextLent()).toBeNull();
    first.fill(0xdd);
    decoder.push(second);
    expect([decoder.nextLent(), decoder.frameIsLent]).toEqual([Buffer.alloc(30, 2), false]);
    expect([decoder.nextLent(), decoder.frameIsLent]).toEqual([Buffer.alloc(40, 3), true]);
    const owner = new FrameDecoder({ frameBytesMax });
    owner.push(stream);
    expect([owner.nextLent(), owner.frameIsLent]).toEqual([Buffer.alloc(20, 1), false]);
  });

  it('W1 keeps what was lent and not looked at yet, if it is told to', () => {
    const stream = Buffer.concat([
      framed(Buffer.alloc(20, 1)),
      framed(Buffer.alloc(30, 2)),
      framed(Buffer.alloc(40, 3)),
    ]);
    const decoder = new FrameDecoder({ frameBytesMax, chunksAreLent: true });
    const [first, second] = [Buffer.from(stream.subarray(0, 60)), Buffer.from(stream.subarray(60))];
    decoder.push(first);
    expect(decoder.next()).toEqual(Buffer.alloc(20, 1));
    decoder.push(second);
    const { bufferedBytes } = decoder;
    decoder.keepChunks();
    expect(decoder.bufferedBytes).toBe(bufferedBytes);
    for (const lent of [first, second]) lent.fill(0xff);
    expect(drain(decoder)).toEqual([Buffer.alloc(30, 2), Buffer.alloc(40, 3)]);
    expect(decoder.bufferedBytes).toBe(0);
  });
});
