import type { StatsResponse } from '@q/client';
import type { CommandContext } from '../command-context.ts';
import { withClient } from '../connection.ts';
import { ExitCode } from '../exit-code.ts';
import { sparkline } from '../output/sparkline.ts';
import { formatFacts } from '../output/table.ts';
import { unitsOf } from '../output/units.ts';
import type { Units } from '../output/units.ts';
import { watch } from './watch-loop.ts';
import type { WatchOptions } from './watch-loop.ts';

/** What happened in a second, between two looks. */
interface Rates {
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly requests: number;
  readonly errors: number;
  /** Cores in use: 1 is one of them, all of the time. */
  readonly cpu: number;
}

interface Look {
  readonly stats: StatsResponse;
  readonly timeMs: number;
  /** Null: this is the first look. */
  readonly rates: Rates | null;
}

const kept = 40;

export function watchStats(context: CommandContext, options: WatchOptions): Promise<ExitCode> {
  const units = unitsOf(options);
  let before: { stats: StatsResponse; atMs: number } | null = null;
  const history: Rates[] = [];
  return withClient(
    context,
    options,
    async (q) => {
      await watch<Look>(context, options, {
        look: async () => {
          const stats = await q.admin.stats();
          const atMs = performance.now();
          const rates = before === null ? null : ratesBetween(before.stats, stats, (atMs - before.atMs) / 1000);
          before = { stats, atMs };
          if (rates !== null) history.push(rates);
          if (history.length > kept) history.shift();
          return { stats, timeMs: Date.now(), rates };
        },
        frame: (seen) => frameOf(seen, { units, history }),
        line: ({ stats, timeMs, rates }) => ({ timeMs, perSecond: rates, ...stats }),
      });
      return ExitCode.ok;
    },
    { endsItself: true },
  );
}

/** A broker that was started anew counts from nothing. */
function ratesBetween(before: StatsResponse, now: StatsResponse, seconds: number): Rates {
  const isSame = now.uptimeMs >= before.uptimeMs;
  const rate = (of: (stats: StatsResponse) => number): number =>
    Math.max(0, of(now) - (isSame ? of(before) : 0)) / Math.max(seconds, 0.001);
  return {
    recordsIn: rate(({ recordsIn }) => recordsIn),
    recordsOut: rate(({ recordsOut }) => recordsOut),
    bytesIn: rate(({ bytesIn }) => bytesIn),
    bytesOut: rate(({ bytesOut }) => bytesOut),
    requests: rate(({ apis }) => apis.reduce((sum, { requests }) => sum + requests, 0)),
    errors: rate(({ errors }) => errors.reduce((sum, { count }) => sum + count, 0)),
    cpu: rate(({ cpuUserMs, cpuSystemMs }) => (cpuUserMs + cpuSystemMs) / 1000),
  };
}

function frameOf({ stats, rates }: Look, o: { units: Units; history: readonly Rates[] }): string {
  const { units, history } = o;
  const flow = (records: 'recordsIn' | 'recordsOut', bytes: 'bytesIn' | 'bytesOut'): string =>
    rates === null
      ? '…'
      : `${units.count(Math.round(rates[records])).padStart(9)} records/s  ${units.bytes(Math.round(rates[bytes])).padStart(10)}/s  ${sparkline(history.map((each) => each[records]))}`;
  return formatFacts(
    [
      ['broker', `${stats.brokerId}, version ${stats.softwareVersion}, up ${units.duration(stats.uptimeMs)}`],
      ['in', flow('recordsIn', 'bytesIn')],
      ['out', flow('recordsOut', 'bytesOut')],
      ['requests', rates === null ? '…' : `${units.count(Math.round(rates.requests)).padStart(9)} /s`],
      ['errors', rates === null ? '…' : `${units.count(Math.round(rates.errors)).padStart(9)} /s`],
      ['connections', units.count(stats.connections)],
      ['messages', `${units.bound(stats.messages, stats.messagesExact)}, ${units.bytes(stats.bytes)}`],
      ['disk free', stats.diskFreeBytes < 0 ? 'unknown' : units.bytes(stats.diskFreeBytes)],
      ['memory', units.bytes(stats.memoryRssBytes)],
      ['cpu', rates === null ? '…' : `${Math.round(rates.cpu * 100)} % of a core`],
    ],
    true,
  );
}
