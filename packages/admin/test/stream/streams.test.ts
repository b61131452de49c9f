import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { limits } from '../../src/limits.ts';
import { Streams } from '../../src/stream/streams.ts';
import type { StreamOptions } from '../../src/stream/streams.ts';

interface Scene {
  readonly clock: ManualClock;
  readonly streams: Streams;
  readonly stop: AbortController;
  /** Opens one, and returns how it is read. */
  readonly open: (options?: Partial<StreamOptions>) => ReadableStreamDefaultReader<Uint8Array>;
  readonly ended: string[];
}

function setUp(): Scene {
  const clock = new ManualClock({ defer: 'manual' });
  const stop = new AbortController();
  const streams = new Streams(clock, stop.signal);
  const ended: string[] = [];
  const open: Scene['open'] = (options = {}) => {
    const response = streams.respond({
      type: 'text/event-stream',
      who: { principal: { name: 'User:ANONYMOUS' }, address: '127.0.0.1' },
      heartbeat: ': beat\n\n',
      holds: () => true,
      onChange: () => () => undefined,
      cut: () => void ended.push('cut'),
      ended: () => void ended.push('ended'),
      source: quiet,
      ...options,
    });
    return response.body!.getReader();
  };
  return { clock, streams, stop, open, ended };
}

/** Says nothing until nobody listens any more. */
async function* quiet(signal: AbortSignal): AsyncGenerator<string> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  yield* [];
}

async function* endless(): AsyncGenerator<string> {
  for (let index = 0; ; index += 1) yield `${index}\n`;
}

const text = ({ value }: { value?: Uint8Array | undefined }): string => Buffer.from(value ?? []).toString();

describe('streams', () => {
  it('Z3 are made as their reader takes them, and not ahead', async () => {
    const { open } = setUp();
    let made = 0;
    const reader = open({
      source: async function* () {
        for (;;) yield `${(made += 1)}`;
      },
    });
    expect([text(await reader.read()), text(await reader.read())]).toEqual(['1', '2']);
    // Whatever would be made ahead is made by now.
    for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(made).toBe(2);
  });

  it('O2 send a heartbeat when there is nothing to send, and lose nothing by it', async () => {
    const { clock, open } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    const reader = open({
      source: async function* () {
        await promise;
        yield 'news';
      },
    });
    const first = reader.read();
    await clock.advance(limits.heartbeatMs);
    expect(text(await first)).toBe(': beat\n\n');
    const second = reader.read();
    await clock.advance(limits.heartbeatMs);
    expect(text(await second)).toBe(': beat\n\n');
    const third = reader.read();
    resolve();
    expect(text(await third)).toBe('news');
    expect((await reader.read()).done).toBe(true);
  });

  it('Z3 cut a reader that takes nothing, and tell their source', async () => {
    const { clock, streams, open, ended } = setUp();
    let isOver = false;
    const reader = open({
      source: async function* () {
        try {
          yield* endless();
        } finally {
          isOver = true;
        }
      },
    });
    await reader.read();
    await clock.advance(limits.stallMs - 1);
    expect(ended).toEqual([]);
    await clock.advance(1);
    expect(ended).toEqual(['ended', 'cut']);
    expect([streams.open, isOver]).toEqual([0, true]);
    expect(clock.pending).toBe(0);
  });

  it('Z3 do not cut a reader that waits', async () => {
    const { clock, open, ended } = setUp();
    const reader = open({ heartbeat: null });
    const reading = reader.read();
    await clock.advance(limits.stallMs * 10);
    expect(ended).toEqual([]);
    await reader.cancel();
    expect((await reading).done).toBe(true);
    expect(ended).toEqual(['ended']);
  });

  it('Z3 are so many at most', async () => {
    const { streams, open } = setUp();
    const { streamsMax } = limits;
    const from = (at: number) => open({ who: { principal: { name: 'User:alice' }, address: `10.0.0.${at}` } });
    const nobody = (at: number) => open({ who: { principal: { name: 'User:ANONYMOUS' }, address: `10.0.0.${at}` } });
    const readers = Array.from({ length: streamsMax }, (_, at) => nobody(at));
    const tooMany = { code: 'TOO_MANY_STREAMS', status: 503, options: { details: { streamsMax } } };
    expect(() => from(200)).toThrow(expect.objectContaining(tooMany));
    await readers[0]!.cancel();
    expect(streams.open).toBe(limits.streamsMax - 1);
    from(200);
  });

  it('Z3, SEC-13 of one user are a share of them, from however many addresses', async () => {
    const { open } = setUp();
    const { streamsPerUserMax } = limits;
    const openAs = (name: string, at: number) => open({ who: { principal: { name }, address: `10.0.0.${at}` } });
    const readers = Array.from({ length: streamsPerUserMax }, (_, at) => openAs('User:mallory', at));
    const tooMany = { code: 'TOO_MANY_STREAMS', options: { details: { streamsPerUserMax } } };
    expect(() => openAs('User:mallory', 99)).toThrow(expect.objectContaining(tooMany));
    openAs('User:ann', 99);
    await readers[0]!.cancel();
    openAs('User:mallory', 99);
  });

  it('Z3, SEC-13 of one address are a share of them, as whoever they come; of IPv6 a /64 is one', async () => {
    const { open } = setUp();
    const { streamsPerAddressMax } = limits;
    const openAs = (at: number) =>
      open({ who: { principal: { name: `User:user-${at}` }, address: `2001:db8::${at.toString(16)}` } });
    const readers = Array.from({ length: streamsPerAddressMax }, (_, at) => openAs(at));
    const tooMany = { code: 'TOO_MANY_STREAMS', options: { details: { streamsPerAddressMax } } };
    expect(() => openAs(500)).toThrow(expect.objectContaining(tooMany));
    open({ who: { principal: { name: 'User:ann' }, address: '2001:db8:0:1::1' } });
    await readers[0]!.cancel();
    openAs(500);
  });

  it('O2 end with the broker, and with their time', async () => {
    const { clock, stop, open, ended } = setUp();
    const first = open();
    const reading = first.read();
    stop.abort();
    expect((await reading).done).toBe(true);
    const late = open();
    expect((await late.read()).done).toBe(true);
    const { clock: other, open: openOther } = setUp();
    const long = openOther({ heartbeat: null });
    const waiting = long.read();
    await other.advance(limits.streamMsMax);
    expect((await waiting).done).toBe(true);
    expect([ended, clock.pending, other.pending]).toEqual([['ended', 'ended'], 0, 0]);
  });

  it('O2 a source that fails ends its stream with its error', async () => {
    const { clock, streams, open } = setUp();
    const reader = open({
      source: async function* () {
        yield 'one';
        throw new Error('gone');
      },
    });
    await reader.read();
    await expect(reader.read()).rejects.toThrow('gone');
    expect([streams.open, clock.pending]).toEqual([0, 0]);
  });
});
