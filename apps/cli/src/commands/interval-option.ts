import { Option } from 'commander';
import { argumentParser } from '../argument-parser.ts';
import { usageError } from '../command-error.ts';
import { parseTimeout } from '../input/duration.ts';

/** A broker that is asked all the time has less for others. */
const intervalMinMs = 100;

/** How often something that is watched is looked at. */
export function intervalOption(): Option {
  return new Option('--interval <time>', 'time between two looks')
    .argParser(argumentParser(parseInterval))
    .default(1_000, '1s');
}

function parseInterval(text: string): number {
  const intervalMs = parseTimeout(text);
  if (intervalMs < intervalMinMs) throw usageError(`expected at least ${intervalMinMs}ms`);
  return intervalMs;
}
