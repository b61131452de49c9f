import { describe, expect, it } from 'vitest';
import { ManualClock } from '@q/testkit';
import { Output, OutputTotal } from '../../src/connection/output.ts';
import { FakeStream } from '../fakes/fake-stream.ts';

function setUp(limits: { outputBytesMax?: number; brokerOutputBytesMax?: number; writeBytesMax?: number } = {}) {
  const clock = new ManualClock({ defer: 'manual' });
  const stream = new FakeStream();
  const all = { outputBytesMax: 100, brokerOutputBytesMax: 1000, writeBytesMax: 50, ...limits };
  const total = new OutputTotal(all.brokerOutputBytesMax);
  const taken: number[] = [];
  const output: Output = new Output({ stream, clock, limits: all, total, taken: () => void taken.push(output.pendingBytes) });
  return { clock, stream, total, output, taken };
}

describe('Output', () => {
  it('Z3 sends everything that was pushed in one turn in one write', async () => {
    const { clock, stream, output } = setUp();
    output.push([Buffer.from('a'), Buffer.from('b')]);
    output.push([Buffer.from('c')]);
    expect(stream.writes).toHaveLength(0);
    await clock.runDeferred();
    expect(stream.writes).toHaveLength(1);
    expect(stream.sent.toString()).toBe('abc');
  });

  it('has one write under way, and gathers what comes meanwhile', async () => {
    const { clock, stream, output, taken } = setUp();
    output.push([Buffer.from('a')]);
    await clock.runDeferred();
    output.push([Buffer.from('b')]);
    output.push([Buffer.from('c')]);
    await clock.runDeferred();
    expect(stream.writes).toHaveLength(1);
    stream.writes[0]!.taken();
    expect(stream.sent.toString()).toBe('abc');
    expect(taken).toEqual([2]);
  });

  it('writes in bounded steps and keeps the order', async () => {
    const { clock, stream, output } = setUp({ writeBytesMax: 4 });
    stream.takesAll = true;
    output.push(['ab', 'cd', 'ef', 'toolong', 'g'].map((text) => Buffer.from(text)));
    await clock.runDeferred();
    expect(stream.writes.map((write) => write.bytes)).toEqual([4, 2, 7, 1]);
    expect(stream.sent.toString()).toBe('abcdeftoolongg');
    expect(output.pendingBytes).toBe(0);
  });

  it('is full while the peer takes nothing, and tells since when', async () => {
    const { clock, stream, output } = setUp();
    output.push([Buffer.alloc(100)]);
    expect(output.isFull).toBe(true);
    await clock.runDeferred();
    await clock.advance(30);
    expect(output.stalledSince).toBe(0);
    stream.writes[0]!.taken();
    expect(output.isFull).toBe(false);
    expect(output.stalledSince).toBeNull();
  });

  it('ends the stream after the last byte', async () => {
    const { clock, stream, output } = setUp();
    output.push([Buffer.from('a')]);
    await clock.runDeferred();
    output.push([Buffer.from('b')]);
    output.end();
    expect(stream.isEnded).toBe(false);
    stream.writes[0]!.taken();
    expect(stream.isEnded).toBe(false);
    stream.writes[1]!.taken();
    expect(stream.isEnded).toBe(true);
  });

  it('gives its bytes back to the broker when it closes', async () => {
    const { clock, output, total } = setUp({ brokerOutputBytesMax: 10 });
    let room = 0;
    output.push([Buffer.alloc(10)]);
    await clock.runDeferred();
    expect(total.isFull).toBe(true);
    total.whenRoom(() => (room += 1));
    output.closed();
    expect(total.pendingBytes).toBe(0);
    expect(room).toBe(1);
    output.push([Buffer.alloc(10)]);
    expect(total.pendingBytes).toBe(0);
  });
});
