import { describe, expect, it } from 'vitest';
import { ManualClock } from '@q/testkit';
import { OutputTotal } from '../../src/transport/output-total.ts';
import { Output } from '../../src/transport/output.ts';
import { FakeStream } from '../fakes/fake-stream.ts';

function setUp(limits: { outputBytesMax?: number; brokerOutputBytesMax?: number; writeBytesMax?: number } = {}) {
  const clock = new ManualClock({ defer: 'manual' });
  const stream = new FakeStream();
  const all = { outputBytesMax: 100, brokerOutputBytesMax: 1000, writeBytesMax: 50, ...limits };
  const total = new OutputTotal({ bytesMax: all.brokerOutputBytesMax, bytesHardMax: all.brokerOutputBytesMax });
  const taken: number[] = [];
  const output: Output = new Output({
    stream,
    clock,
    limits: all,
    total,
    taken: () => void taken.push(output.pendingBytes),
  });
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

  it('Z1 says that an answer was taken when all of it was, in order, and not before', async () => {
    const { clock, stream, output } = setUp({ writeBytesMax: 4 });
    const told: string[] = [];
    output.push([Buffer.from('abcd'), Buffer.from('ef')], () => void told.push('first'));
    output.push([Buffer.from('g')]);
    output.push([Buffer.from('hi')], () => void told.push('third'));
    await clock.runDeferred();
    stream.writes[0]!.taken();
    expect([stream.sent.toString(), told]).toEqual(['abcdefg', []]);
    stream.writes[1]!.taken();
    expect([stream.sent.toString(), told]).toEqual(['abcdefghi', ['first']]);
    stream.writes[2]!.taken();
    expect(told).toEqual(['first', 'third']);
  });

  it('Z1 never says so of an answer that was under way when the stream broke', async () => {
    const { clock, stream, output } = setUp();
    const told: string[] = [];
    output.push([Buffer.from('a')], () => void told.push('under way'));
    await clock.runDeferred();
    output.push([Buffer.from('b')], () => void told.push('waiting'));
    output.closed();
    stream.writes[0]!.taken();
    output.push([Buffer.from('c')], () => void told.push('late'));
    await clock.runDeferred();
    expect(told).toEqual([]);
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

  it('sends nothing after the end', async () => {
    const { clock, stream, output, total } = setUp();
    stream.takesAll = true;
    output.push([Buffer.from('a')]);
    output.end();
    output.push([Buffer.from('b')]);
    await clock.runDeferred();
    expect(stream.isEnded).toBe(true);
    expect(stream.sent.toString()).toBe('a');
    expect(total.bytes).toBe(0);
    expect(output.stalledSince).toBeNull();
  });

  it('gives its bytes back to the broker when it closes', async () => {
    const { clock, output, total } = setUp({ brokerOutputBytesMax: 10 });
    output.push([Buffer.alloc(10)]);
    await clock.runDeferred();
    expect(total.hasRoomFor(1)).toBe(false);
    output.closed();
    expect(total.bytes).toBe(0);
    output.push([Buffer.alloc(10)]);
    expect(total.bytes).toBe(0);
  });

  it('grants room for answers up to its limit, in order, and one larger one when it is empty', async () => {
    const { clock, stream, output } = setUp({ outputBytesMax: 100 });
    expect(output.reserve(500, 1)).toBe(500);
    const granted: string[] = [];
    const ask = (name: string, bytes: number): void =>
      void (output.reserve(bytes, bytes) as Promise<number>).then(() => granted.push(name));
    ask('a', 60);
    ask('b', 60);
    ask('c', 1);
    output.push([Buffer.alloc(30)]);
    output.release(500);
    await clock.runDeferred();
    expect(granted).toEqual(['a']);
    // Nobody overtakes: c would fit now.
    stream.writes[0]!.taken();
    await clock.runDeferred();
    expect(granted).toEqual(['a']);
    output.release(60);
    await clock.runDeferred();
    expect(granted).toEqual(['a', 'b', 'c']);
    expect(output.reservedBytes).toBe(61);
  });

  it('waits for room that another connection takes', async () => {
    const total = new OutputTotal({ bytesMax: 100, bytesHardMax: 100 });
    const make = () =>
      new Output({
        stream: new FakeStream(),
        clock: new ManualClock(),
        limits: { outputBytesMax: 100, writeBytesMax: 100 },
        total,
        taken: () => undefined,
      });
    const [one, two] = [make(), make()];
    expect(one.reserve(80, 1)).toBe(80);
    let granted = false;
    const waiting = (two.reserve(50, 50) as Promise<number>).then(() => (granted = true));
    await Promise.resolve();
    expect(granted).toBe(false);
    one.closed();
    await waiting;
    expect(total.bytes).toBe(50);
    // A reservation that its owner gives back after the end counts nowhere.
    one.release(80);
    expect(total.bytes).toBe(50);
  });

  it('W3 grants a little out of the reserve to who has taken all, while others hold the rest', async () => {
    const total = new OutputTotal({ bytesMax: 100, bytesHardMax: 120 });
    const make = () =>
      new Output({
        stream: new FakeStream(),
        clock: new ManualClock(),
        limits: { outputBytesMax: 100, writeBytesMax: 100 },
        total,
        taken: () => undefined,
      });
    const [greedy, honest, third] = [make(), make(), make()];
    expect(greedy.reserve(60, 15)).toBe(60);
    expect(greedy.reserve(40, 15)).toBe(40);
    expect(honest.reserve(50, 15)).toBe(15);
    // It holds something now, so it waits as the others do; and the reserve has an end, too.
    const more = honest.reserve(50, 15);
    const none = third.reserve(50, 15);
    expect([more, none]).toEqual([expect.any(Promise), expect.any(Promise)]);
    expect(total.bytes).toBe(115);
    honest.release(15);
    expect(await more).toBe(15);
    greedy.closed();
    expect(await none).toBe(50);
    expect(total.bytes).toBe(65);
  });

  it('lets nobody wait for a stream that is gone', async () => {
    const { output } = setUp({ outputBytesMax: 10 });
    expect(output.reserve(10, 1)).toBe(10);
    const waiting = output.reserve(10, 10);
    output.closed();
    await waiting;
    expect(output.reserve(10, 1)).toBe(10);
  });
});
