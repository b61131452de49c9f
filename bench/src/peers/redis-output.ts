import type { SendTimes } from './peer.ts';

/*
 * The last line of `redis-benchmark --csv`, whose first field is the command with its arguments:
 *
 *   "XADD bench * v xxxx","61728.39","6.420","0.376","1.959","22.079","74.879","241.151"
 *    test                  rps        avg ms  min     p50     p95      p99      max
 */

export function parseRedisRate(output: string): number {
  return fieldsOf(output)[0]!;
}

export function parseRedisSendTimes(output: string): SendTimes {
  const [, , , p50Ms, , p99Ms] = fieldsOf(output);
  return { p50Ms: p50Ms!, p99Ms: p99Ms! };
}

function fieldsOf(output: string): number[] {
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  const numbers = /((?:,"[\d.]+"){7})$/.exec(line)?.[1];
  if (numbers === undefined) throw new Error(`redis-benchmark did not print its numbers:\n${output}`);
  return [...numbers.matchAll(/"([\d.]+)"/g)].map((match) => Number(match[1]));
}
