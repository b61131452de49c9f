import { QError } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { fuzz, run } from './decoder-rig.ts';
import { Contradiction } from './target.ts';
import type { FuzzTarget } from './target.ts';

// More: FUZZ_COUNT=200000 pnpm test tests/fuzz, or tests/rig.ts. A failure prints the command for its one input.
const count = Number(process.env['FUZZ_COUNT'] ?? 6_000);
const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describe(`wrong inputs, seed ${seed}`, () => {
  it(
    'W3 B8, SEC-1: crash no decoder, keep none for long, and make none allocate without bound',
    { timeout: 60_000 + count * 20 },
    async () => {
      const reports = await run({ count, seed });
      expect(reports.flatMap(({ failures }) => failures)).toEqual([]);
      const counts = reports.filter(({ rig }) => !/^fuzz\/(stored|Kafka)/.test(rig)).map(({ runs }) => runs);
      expect(Math.min(...counts)).toBe(count);
      // Requests and answers in so many versions get a share each, and all APIs of the door are there.
      const kafka = reports.filter(({ rig }) => rig.startsWith('fuzz/Kafka'));
      expect(kafka.length).toBeGreaterThan(100);
      expect(Math.min(...kafka.map(({ runs }) => runs))).toBeGreaterThanOrEqual(count / 50);
      // Two messages of each API, the codecs, batches, frames, and what is stored.
      expect(reports.length).toBeGreaterThan(60);
      // Inputs that are all refused at the door would test the door only.
      for (const { rig, notes } of reports.filter(({ rig: name }) => !name.includes('as it comes')))
        expect([rig, notes?.['accepted']]).toEqual([rig, expect.any(Number)]);
    },
  );
});

describe('the rig notices', () => {
  const target = (decode: FuzzTarget['decode']): FuzzTarget => ({
    name: 'planted',
    corpus: [Buffer.from('right')],
    allocatedBytesMax: 1_000,
    decode,
  });
  const messagesOf = async (decode: FuzzTarget['decode'], inputs = 64): Promise<string> => {
    const { failures } = await fuzz(target(decode), { count: inputs, seed: 1 });
    return failures.map(({ message }) => message).join('\n');
  };

  it('an error that is not typed, and a contradiction', async () => {
    const crash = (input: Buffer): void => void input.readInt32BE(2);
    expect(await messagesOf(crash)).toContain('RangeError');
    const contradict = (input: Buffer): void => {
      if (input.length > 5) throw new Contradiction('two answers');
    };
    expect(await messagesOf(contradict)).toContain('two answers');
    expect(
      await messagesOf(() => {
        throw new QError('CORRUPT_BATCH', 'as it should');
      }),
    ).toBe('');
  });

  it('an input that takes long each time', async () => {
    const slow = (): void => {
      // Computing, not waiting: on a busy machine the two differ.
      const before = process.threadCpuUsage();
      while (process.threadCpuUsage(before).user < 70_000);
    };
    expect(await messagesOf(slow, 1)).toContain('takes');
  });

  it('memory that is not let go', async () => {
    const kept: Buffer[] = [];
    expect(await messagesOf(() => void kept.push(Buffer.alloc(100_000)))).toContain('bytes allocated');
  });

  it('the same failure from the command that it prints', async () => {
    const crash = (input: Buffer): void => {
      if (input.length > 8) throw new TypeError(input.toString('hex'));
    };
    const { failures } = await fuzz(target(crash), { count: 200, seed: 9 });
    const number = Number(/input (\d+):/.exec(failures[3]!.message)![1]);
    const again = await fuzz(target(crash), { count: 1, seed: 9 }, number);
    expect(again.failures[0]!.message.split(' ').slice(0, 6)).toEqual(failures[3]!.message.split(' ').slice(0, 6));
  });
});
