import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { connect } from '@q/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pace } from '../src/bench/pace.ts';
import { Payload } from '../src/bench/payload.ts';
import { runHere } from './command-here.ts';
import { QProgram } from './q-program.ts';
import type { ProgramResult } from './q-program.ts';

let broker: Broker;

beforeAll(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
});

afterAll(async () => {
  await broker.close();
});

function bench(line: string): Promise<ProgramResult> {
  return runHere({ line: `bench ${line}`, url: broker.url });
}

async function measured(line: string): Promise<Record<string, unknown>> {
  const { stdout, stderr, code } = await bench(`${line} --json`);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function topics(): Promise<string[]> {
  await using q = await connect(broker.url);
  return (await q.admin.listTopics()).map(({ name }) => name);
}

const times = {
  samples: expect.any(Number) as number,
  p50Ms: expect.any(Number) as number,
  p99Ms: expect.any(Number) as number,
  p999Ms: expect.any(Number) as number,
  maxMs: expect.any(Number) as number,
};

describe('q bench', () => {
  it('O2 measures in a topic of its own, and deletes it', async () => {
    expect(await measured('produce -n 3000 -s 100 -p 2 -z lz4')).toEqual({
      topic: expect.stringMatching(/^q-bench-produce-/) as string,
      records: 3000,
      bytes: 300_000,
      durationMs: expect.any(Number) as number,
      recordsPerSecond: expect.any(Number) as number,
      bytesPerSecond: expect.any(Number) as number,
      latencies: { acknowledged: { ...times, samples: 47 } },
      notes: expect.objectContaining({ 'acknowledged when': 'memory', compression: 'lz4' }) as object,
    });
    expect(await measured('consume -n 2000 -s 1KiB')).toMatchObject({
      topic: expect.stringMatching(/^q-bench-consume-/) as string,
      records: 2000,
      bytes: 2000 * 1024,
      latencies: { 'wait for a batch': times },
    });
    expect(await measured('latency -n 200 --rate 2000')).toMatchObject({
      topic: expect.stringMatching(/^q-bench-latency-/) as string,
      records: 200,
      latencies: { acknowledged: { ...times, samples: 200 }, delivered: { ...times, samples: 200 } },
    });
    expect(await topics()).toEqual([]);
  });

  it('O2 measures in a topic that was named, which stays', async () => {
    await using q = await connect(broker.url);
    await q.admin.createTopic('mine');
    expect(await measured('produce -t mine -n 500')).toMatchObject({ topic: 'mine', records: 500 });
    expect(await measured('consume -t mine')).toMatchObject({ topic: 'mine', records: 500 });
    expect(await topics()).toEqual(['mine']);
    expect(await bench('produce -t mine -p 2')).toMatchObject({ code: 2 });
    expect(await bench('consume -t nowhere')).toMatchObject({ code: 3 });
    const kept = await bench('produce -n 10 --keep');
    expect(kept.stderr).toMatch(/^q-bench-produce-\S+ is kept\n$/);
    expect(await topics()).toHaveLength(2);
    await q.admin.deleteTopic('mine');
    for (const name of await topics()) await q.admin.deleteTopic(name);
  });

  it('O2 tells people what it has found, without progress in a pipe', async () => {
    const { stdout, stderr } = await bench('produce -n 200 --rate 10000');
    expect(stderr).toBe('');
    expect(stdout).toMatch(
      /^topic\tq-bench-produce-\S+\nrecords\t200, 200\.0 KiB\ntime\t.+\nrate\t.+ records\/s, .+\/s\n/,
    );
    expect(stdout).toMatch(/\nacknowledged\tp50 .+ ms, p99 .+ ms, p99\.9 .+ ms, max .+ ms \(200 samples\)\n$/);
  });

  it('O2 deletes its topic after Ctrl-C too, and tells what it has so far', async () => {
    await using program = new QProgram({
      args: ['--url', broker.url, 'bench', 'produce', '--rate', '100', '-d', '1h'],
    });
    await expect.poll(topics, { timeout: 10_000 }).toHaveLength(1);
    program.child.kill('SIGINT');
    expect(await program.exited).toBe(130);
    expect(program.stdout).toContain('records\t');
    expect(await topics()).toEqual([]);
  });
});

describe('the pace of a benchmark', () => {
  const signal = new AbortController().signal;

  it('O2 keeps a record that is late due at its own time', async () => {
    const pace = new Pace({ rate: 1000, records: 5, durationMs: undefined, signal });
    const dues: number[] = [];
    // The first wait is long enough that all are late.
    for (let due = await pace.next(); due !== null; due = await pace.next()) {
      dues.push(due);
      const untilMs = performance.now() + (dues.length === 1 ? 20 : 0);
      while (performance.now() < untilMs);
    }
    expect(dues).toHaveLength(5);
    for (const [index, due] of dues.entries()) expect(due - (dues[0] ?? 0)).toBeCloseTo(index, 6);
  });

  it('O2 ends after a time, and at once when it is interrupted', async () => {
    const pace = new Pace({ rate: 1, records: undefined, durationMs: 30, signal });
    expect(await pace.next()).not.toBeNull();
    expect(await pace.next()).toBeNull();
    expect(
      await new Pace({ rate: 1, records: 1, durationMs: undefined, signal: AbortSignal.abort() }).next(),
    ).toBeNull();
  });
});

describe('the values of a benchmark', () => {
  it('O2 have the size that was asked for, and are not alike', () => {
    for (const size of [1, 100, 5_000]) {
      const payload = new Payload(size);
      const values = Array.from({ length: 50 }, () => payload.next().toString());
      for (const value of values) expect(value).toHaveLength(size);
      if (size > 1) expect(new Set(values).size).toBe(50);
    }
  });
});
