import type { SendTimes } from './peer.ts';

/*
 * The last line of `nats bench js`, in one line:
 *
 *   NATS JetStream synchronous publisher stats: 8,672 msgs/sec ~ 847 KiB/sec ~ min: 34.66us ~ avg: 115.08us ~
 *   max: 2,050.02us ~ P50: 110.43us ~ P90: 154.41us ~ P99: 226.30us ~ P99.9: 1,631.04us
 */

export function parseNatsRate(output: string): number {
  return numberIn(output, /stats: ([\d,.]+) msgs\/sec/);
}

export function parseNatsSendTimes(output: string): SendTimes {
  return { p50Ms: numberIn(output, /P50: ([\d,.]+)us/) / 1000, p99Ms: numberIn(output, /P99: ([\d,.]+)us/) / 1000 };
}

function numberIn(output: string, pattern: RegExp): number {
  const text = pattern.exec(output)?.[1];
  if (text === undefined) throw new Error(`nats bench did not say ${pattern.source}:\n${output}`);
  return Number(text.replaceAll(',', ''));
}
