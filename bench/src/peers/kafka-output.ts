/** The share of the records that is produced or read before the rate counts, as in the other load programs. */
export const warmUpShare = 0.2;

/**
 * The last line of kafka-producer-perf-test with `--warmup-records`:
 * `800000 steady state records sent, 338123.415046 records/sec (32.25 MB/sec), …`
 */
export function parseProducerRate(output: string): number {
  const rate = /steady state records sent, ([\d.]+) records\/sec/.exec(output)?.[1];
  if (rate === undefined) throw new Error(`kafka-producer-perf-test did not say its steady rate:\n${output}`);
  return Number(rate);
}

/**
 * The lines of kafka-consumer-perf-test with `--show-detailed-stats`, without those of the warm-up:
 * `2026-11-24 13:25:47:628, 0, 0.1431, 0.6716, 1501, 7042.2535, 0, 213, 0.6716, 7042.2535`
 * Field 1 is the time, field 5 how many records were read until then.
 */
export function parseConsumerRate(output: string, records: number): number {
  const points = [
    ...output.matchAll(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d):(\d{3}), \d+, [\d.]+, [-\d.]+, (\d+),/gm),
  ].map((match) => ({
    ms: Date.parse(`${match[1]}T${match[2]}.${match[3]}Z`),
    count: Number(match[4]),
  }));
  const first = points.find(({ count }) => count >= records * warmUpShare);
  const last = points.at(-1);
  if (first === undefined || last === undefined || first === last)
    throw new Error(`kafka-consumer-perf-test said too little: ${points.length} lines`);
  return ((last.count - first.count) * 1000) / (last.ms - first.ms);
}
