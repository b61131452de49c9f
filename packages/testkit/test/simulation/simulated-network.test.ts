import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/manual-clock.ts';
import { seededRandom } from '../../src/seeded-random.ts';
import { ProcessClock } from '../../src/simulation/process-clock.ts';
import type { AcceptedStream } from '../../src/simulation/simulated-connection.ts';
import { SimulatedNetwork } from '../../src/simulation/simulated-network.ts';
import { Trace } from '../../src/simulation/trace.ts';
import { calm } from '../../src/simulation/weather.ts';

const address = { host: 'broker', port: 1 };
let clock: ManualClock;
let network: SimulatedNetwork;
let process: object;
let received: string;
let stream: AcceptedStream | null;
let heard: string[];

beforeEach(async () => {
  clock = new ManualClock({ defer: 'manual' });
  network = new SimulatedNetwork({
    clock,
    random: seededRandom(1),
    trace: new Trace({ monotonic: () => clock.monotonic() }),
  });
  process = {};
  received = '';
  stream = null;
  heard = [];
  await network.forBroker(process).listen({
    ...address,
    accept: (accepted) => {
      stream = accepted;
      return { data: (chunk) => (received += chunk.toString()), closed: () => heard.push('broker: closed') };
    },
  });
});

function dial(): ReturnType<SimulatedNetwork['connect']> {
  return network.connect(address, {
    onOpen: () => heard.push('open'),
    onData: (chunk) => heard.push(`data ${chunk.toString()}`),
    onDrain: () => heard.push('drain'),
    onClose: (error) => heard.push(`closed ${error?.message ?? ''}`),
  });
}

describe('SimulatedNetwork', () => {
  it('carries bytes both ways, in order, however they are split', async () => {
    network.weather = { ...calm, delayMsMax: 50, split: 0.5, stall: 0.1 };
    const wire = dial();
    await clock.advance(100);
    const sent = Array.from({ length: 50 }, (_, index) => `${index},`);
    for (const text of sent) wire.write([Buffer.from(text)]);
    await clock.advance(100_000);
    expect(received).toBe(sent.join(''));
    let isWritten = false;
    stream!.write([Buffer.from('answer')], () => (isWritten = true));
    await clock.advance(10_000);
    expect([
      heard
        .filter((text) => text.startsWith('data'))
        .map((text) => text.slice(5))
        .join(''),
      isWritten,
    ]).toEqual(['answer', true]);
  });

  it('lets nothing pass behind a write that was lost, and tells both sides of a reset', async () => {
    const wire = dial();
    await clock.advance(10);
    network.weather = { ...calm, reset: 1 };
    wire.write([Buffer.from('a')]);
    network.weather = calm;
    wire.write([Buffer.from('b')]);
    await clock.advance(10);
    expect(['', 'a']).toContain(received);
    expect(heard).toEqual(['open', 'closed read ECONNRESET', 'broker: closed']);
  });

  it('tells nobody of silence', async () => {
    const wire = dial();
    await clock.advance(10);
    network.weather = { ...calm, silence: 1 };
    wire.write([Buffer.from('a')]);
    network.weather = calm;
    stream!.write([Buffer.from('x')], () => heard.push('written'));
    await clock.advance(10_000);
    expect([received, heard]).toEqual(['', ['open']]);
    wire.destroy();
    await clock.advance(10);
    expect(heard).toEqual(['open', 'closed ']);
  });

  it('lends chunks to the client and hands out nothing while the broker does not read', async () => {
    const wire = dial();
    await clock.advance(10);
    stream!.pauseReading();
    wire.write([Buffer.from('a')]);
    await clock.advance(10);
    expect(received).toBe('');
    stream!.resumeReading();
    await clock.advance(10);
    expect(received).toBe('a');
  });

  it('hangs up on the peers of a process that dies, or does not, and refuses new ones', async () => {
    dial();
    await clock.advance(10);
    network.kill(process, { isTold: true });
    dial();
    await clock.advance(10);
    expect(heard).toEqual(['open', 'closed read ECONNRESET', 'closed connect ECONNREFUSED broker:1']);
  });
});

describe('SimulatedNetwork, of processes of clients', () => {
  let own: ProcessClock;
  let wire: ReturnType<SimulatedNetwork['connect']>;

  beforeEach(async () => {
    own = new ProcessClock(clock);
    wire = network.forClient(own).connect(address, {
      onOpen: () => heard.push('open'),
      onData: (chunk) => heard.push(`data ${chunk.toString()}`),
      onDrain: () => heard.push('drain'),
      onClose: (error) => heard.push(`closed ${error?.message ?? ''}`),
    });
    await clock.advance(10);
  });

  it('hands over what came while the process stood still once it goes on, in order and unchanged', async () => {
    own.freeze(1_000);
    stream!.write([Buffer.from('one')], () => undefined);
    await clock.advance(10);
    stream!.write([Buffer.from('two')], () => undefined);
    await clock.advance(900);
    expect(heard).toEqual(['open']);
    await clock.advance(100);
    expect(heard).toEqual(['open', 'data one', 'data two']);
  });

  it('hangs up for a process that is dead, if its system can say so, and tells it nothing', async () => {
    own.kill();
    network.kill(own, { isTold: true });
    await clock.advance(100);
    expect(heard).toEqual(['open', 'broker: closed']);
  });

  it('says nothing for a machine that is gone', async () => {
    own.kill();
    network.kill(own, { isTold: false });
    stream!.write([Buffer.from('lost')], () => heard.push('written'));
    await clock.advance(100_000);
    expect(heard).toEqual(['open']);
  });

  it('may bring what a client sent before it went, and the end behind it', async () => {
    network.weather = { ...calm, delayMsMax: 1_000 };
    const late = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      received = '';
      heard = [];
      const other = dial();
      await clock.advance(1_000);
      other.write([Buffer.from('last words')]);
      other.destroy();
      await clock.advance(10_000);
      expect(heard).toEqual(['open', 'closed ', 'broker: closed']);
      late.add(received);
    }
    expect(late).toEqual(new Set(['', 'last words']));
    wire.destroy();
  });
});

describe('ProcessClock', () => {
  it('stands still while it is frozen, and then runs all that was due in its order, but for what that cancels', async () => {
    const own = new ProcessClock(clock);
    const runs: string[] = [];
    own.schedule(5, () => {
      runs.push(`a ${clock.monotonic()}`);
      third.cancel();
    });
    own.schedule(7, () => runs.push(`b ${clock.monotonic()}`));
    const third = own.schedule(8, () => runs.push('cancelled'));
    own.schedule(200, () => runs.push(`d ${clock.monotonic()}`));
    own.freeze(100);
    own.run(() => runs.push('first'));
    await clock.advance(50);
    expect([runs, own.isFrozen]).toEqual([[], true]);
    await clock.advance(150);
    expect(runs).toEqual(['first', 'a 100', 'b 100', 'd 200']);
  });

  it('runs nothing any more once its process is dead', async () => {
    const own = new ProcessClock(clock);
    let runs = 0;
    own.schedule(5, () => (runs += 1));
    own.schedule(20, () => (runs += 1));
    await clock.advance(10);
    own.defer(() => (runs += 1));
    own.kill();
    await clock.advance(100);
    expect([runs, own.isDead]).toEqual([1, true]);
  });
});

describe('Trace', () => {
  it('has a digest of every line, and keeps the newest', () => {
    const traces = [1, 2].map(() => new Trace({ monotonic: () => 7, linesMax: 2 }));
    for (const trace of traces) for (const text of ['a', 'b', 'c', 'd', 'e']) trace.add(text);
    expect(traces[0]!.digest).toBe(traces[1]!.digest);
    traces[0]!.add('f');
    traces[1]!.add('g');
    expect(traces[0]!.digest).not.toBe(traces[1]!.digest);
    expect(traces[0]!.tail(2)).toMatch(/e\n.*f$/);
  });
});
