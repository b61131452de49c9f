import { describe, expect, it } from 'vitest';
import { judgeKafka } from '../../src/kafka/targets.ts';
import type { KafkaNumbers } from '../../src/kafka/targets.ts';
import type { Throughput } from '../../src/kafka/throughput.ts';

const nothing: KafkaNumbers = { throughput: null, latency: null, doors: null, idle: null, doorCost: null };

function runs(q: Partial<Throughput>, other: Partial<Throughput>): Throughput[] {
  const base = { work: 'produce', shape: { valueBytes: 100, partitions: 1 }, round: 1, clientCores: 0.5 } as const;
  return [
    { ...base, side: 'q', recordsPerSecond: 100, serverMicros: 1, ...q },
    { ...base, side: 'Kafka', recordsPerSecond: 100, serverMicros: 1, ...other },
  ];
}

describe('targets of the Kafka door', () => {
  it('judges nothing that was not measured', () => {
    expect(judgeKafka(nothing)).toEqual([]);
  });

  it('wants more records a second than Kafka, or a client that has no time for more', () => {
    const isReached = (q: Partial<Throughput>): boolean | null =>
      judgeKafka({ ...nothing, throughput: runs(q, {}) })[0]!.isReached;
    expect(isReached({ recordsPerSecond: 121 })).toBe(true);
    expect(isReached({ recordsPerSecond: 119 })).toBe(false);
    expect(isReached({ recordsPerSecond: 50, clientCores: 0.95 })).toBe(true);
  });

  it('wants less processor time for a record, and leaves out what was too little to tell', () => {
    const rows = (serverMicros: number | null) =>
      judgeKafka({ ...nothing, throughput: runs({ serverMicros }, { serverMicros: 2 }) });
    expect(rows(1.2)[1]).toMatchObject({ ratio: { median: 0.6 }, isReached: true });
    expect(rows(1.3)[1]).toMatchObject({ ratio: { median: 0.65 }, isReached: false });
    expect(rows(null)).toHaveLength(1);
  });

  it('compares the medians of the starts with the door open and shut', () => {
    const doorCost = {
      startMs: { open: [110, 112, 300], shut: [100, 100, 100] },
      idleMB: { open: [77], shut: [70] },
    };
    expect(judgeKafka({ ...nothing, doorCost }).map((row) => row.isReached)).toEqual([true, false]);
  });

  it('wants idle consumers to take less than a twentieth of a core, whatever they take of Kafka', () => {
    const idle = (cores: number) => [
      { habit: 'Java', side: 'q', cores, requestsPerSecond: 2500 } as const,
      { habit: 'Java', side: 'Kafka', cores: 0.3, requestsPerSecond: 2500 } as const,
    ];
    expect(judgeKafka({ ...nothing, idle: idle(0.049) })[0]!.isReached).toBe(true);
    expect(judgeKafka({ ...nothing, idle: idle(0.06) })[0]!.isReached).toBe(false);
  });
});
