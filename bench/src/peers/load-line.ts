import type { SendTimes } from './peer.ts';

/*
 * What the load programs of this folder print, in whatever language they are written:
 *
 *   records=N elapsedMs=T [p50Ms=X p99Ms=Y]
 *
 * Records and time are those after the program's warm-up, which is the first fifth of the records.
 */

/** @throws when there is no such line: the program did not come to its end */
export function parseRate(output: string): number {
  return (numberAfter(output, 'records') * 1000) / numberAfter(output, 'elapsedMs');
}

export function parseSendTimes(output: string): SendTimes {
  return { p50Ms: numberAfter(output, 'p50Ms'), p99Ms: numberAfter(output, 'p99Ms') };
}

function numberAfter(output: string, name: string): number {
  const text = new RegExp(`\\b${name}=([\\d.eE+-]+)`).exec(output)?.[1];
  if (text === undefined) throw new Error(`a load program did not say ${name}:\n${output}`);
  return Number(text);
}
