import { describe, expect, it } from 'vitest';
import { costOfRecord } from '../../src/peers/cost.ts';
import { formatPeers } from '../../src/peers/report.ts';
import { RowBook } from '../../src/peers/row.ts';
import { describeJudgements, judgePeers } from '../../src/peers/targets.ts';
import type { Peer, Shape } from '../../src/peers/peer.ts';

const shape: Shape = { valueBytes: 100, partitions: 1 };

function peerNamed(name: string): Peer {
  return {
    name,
    hasPartitions: false,
    acknowledgement: { default: `${name} has it` },
    settings: `settings of ${name}`,
    expected: { fsync: { records: 1, sends: 1 }, default: { records: 1, sends: 1 } },
    install: () => Promise.reject(new Error('not in a test')),
  };
}

describe('the cost of a record', () => {
  it('leaves out what a short run costs as well', () => {
    const long = { records: 1_100_000, serverSeconds: 3, clientSeconds: 5 };
    const short = { records: 100_000, serverSeconds: 1, clientSeconds: 3 };
    expect(costOfRecord(long, short)).toEqual({ serverMicros: 2, clientMicros: 2, recordsPerCpuSecond: 250_000 });
  });

  it('is unknown when the runs differ by no more than the clock can tell', () => {
    const short = { records: 1000, serverSeconds: 1, clientSeconds: 1 };
    expect(costOfRecord({ records: 2000, serverSeconds: 1.03, clientSeconds: 1.02 }, short)).toBeNull();
    expect(costOfRecord({ records: 1000, serverSeconds: 9, clientSeconds: 9 }, short)).toBeNull();
    expect(costOfRecord({ records: 2000, serverSeconds: 0.5, clientSeconds: 9 }, short)).toBeNull();
  });
});

describe('rows', () => {
  it('give median and range of the rounds of each peer, shape, durability and metric', () => {
    const book = new RowBook();
    const key = { peer: 'q', shape, durability: 'fsync' as const };
    for (const rate of [30, 10, 20]) book.add(key, { 'produce, records/s': rate });
    book.add({ ...key, durability: 'default' }, { 'produce, records/s': 7 });
    expect(book.rows()).toEqual([
      { ...key, metric: 'produce, records/s', median: 20, min: 10, max: 30, rounds: 3 },
      { ...key, durability: 'default', metric: 'produce, records/s', median: 7, min: 7, max: 7, rounds: 1 },
    ]);
  });
});

describe('the report', () => {
  const book = new RowBook();
  book.add(
    { peer: 'q', shape, durability: 'default' },
    { 'produce, records/s': 900_000, 'produce, records a CPU second': 600_000 },
  );
  book.add(
    { peer: 'Other', shape, durability: 'default' },
    { 'produce, records/s': 300_000, 'produce, records a CPU second': 400_000 },
  );
  const markdown = formatPeers({
    machine: { cpuModel: 'CPU', cpuCount: 2, memoryGiB: 4, node: '26', kernel: '6', fileSystem: 'ext4' },
    profile: { rounds: 1, shortSeconds: 1, longSeconds: 2, sendSeconds: 1 },
    guests: [
      { peer: peerNamed('q'), version: 'this checkout', missing: null },
      { peer: peerNamed('Other'), version: '1.2', missing: null },
      { peer: peerNamed('Absent'), version: null, missing: 'mvn is not installed' },
    ],
    rows: book.rows(),
    failures: [{ peer: 'Other', durability: 'default', what: 'round 2', reason: 'it ended' }],
  });

  it('puts the product in proportion to each peer', () => {
    expect(markdown).toContain('| 100 B, 1 part. | Other | 300 k | 400 k | - | - | - | - | 3.00 | 1.50 |');
  });

  it('says whether the product is ahead of each, and where not', () => {
    const mixed = new RowBook();
    for (const [peer, rate, cost] of [
      ['q', 10, 5],
      ['q, interval', 1, 1],
      ['A', 9, 6],
      ['B', 10, 4],
    ] as const) {
      mixed.add(
        { peer, shape, durability: 'default' },
        { 'produce, records/s': rate, 'consume, records a CPU second': cost, 'produce, server peak MB': 1 },
      );
    }
    mixed.add({ peer: 'A', shape, durability: 'fsync' }, { 'produce, records/s': 1_000 });
    expect(describeJudgements(judgePeers(mixed.rows()))).toEqual([
      'Target, to be ahead of each peer in records a second and for each second of processor time: 2 of 4 reached.',
      '- not reached: consume, records a CPU second, 100 B, 1 part., default: 0.83 of A',
      '- not reached: produce, records/s, 100 B, 1 part., default: 1.00 of B',
    ]);
    expect(markdown).toContain('2 of 2 reached.');
  });

  it('says who is left out and why, and what failed', () => {
    expect(markdown).toContain('- Absent : left out: mvn is not installed');
    expect(markdown).toContain('FAILED Other, default, round 2: it ended');
  });

  it('says what an acknowledgement means, and who cannot give it', () => {
    expect(markdown).toContain('- Other: Other has it');
    expect(markdown).toContain('- Other: cannot be had, so left out');
  });
});
