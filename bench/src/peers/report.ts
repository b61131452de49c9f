import type { Machine } from '../machine.ts';
import { sizeName } from '../cases/size-name.ts';
import type { Comparison } from './compare.ts';
import type { Durability, Peer, Shape } from './peer.ts';
import type { PeersProfile } from './profile.ts';
import type { Metric, Row } from './row.ts';
import { describeJudgements, judgePeers } from './targets.ts';

/** A peer that was wanted, with its version, or with why it could not be had. */
export interface Guest {
  readonly peer: Peer;
  readonly version: string | null;
  readonly missing: string | null;
}

export interface PeersReport extends Comparison {
  readonly machine: Machine;
  readonly profile: PeersProfile;
  readonly guests: readonly Guest[];
}

interface Table {
  readonly title: string;
  /** The number that ranks, then those that explain it. */
  readonly metrics: readonly Metric[];
  /** Whether the product's share of the first number stands beside it; better is above 1. */
  readonly compares: boolean;
}

const productName = 'q';
const titles: Readonly<Record<Durability, string>> = {
  fsync: 'Acknowledged when on the disk',
  default: 'Acknowledged as by default',
};

/** The comparison as a section of Markdown. */
export function formatPeers(report: PeersReport): string {
  const { machine, profile } = report;
  return [
    '## Peers',
    '',
    `${machine.cpuCount} x ${machine.cpuModel}, ${machine.memoryGiB} GiB, Node ${machine.node}, Linux ${machine.kernel}, ${machine.fileSystem}; `
      + `${profile.rounds} rounds; each number is the median (min - max) of its rounds. `
      + "A record's processor time is that of a long run less a short one, so that starting a tool and compiling its code do not count.",
    '',
    ...report.guests.map(
      ({ peer, version, missing }) =>
        `- ${peer.name} ${version ?? ''}: ${missing === null ? peer.settings : `left out: ${missing}`}`,
    ),
    '',
    ...describeJudgements(judgePeers(report.rows)),
    '',
    ...(['fsync', 'default'] as const).flatMap((durability) => formatDurability(report, durability)),
    ...report.failures.map(
      ({ peer, durability, what, reason }) => `FAILED ${peer}, ${durability}, ${what}: ${reason}\n`,
    ),
  ].join('\n');
}

function formatDurability({ rows, guests }: PeersReport, durability: Durability): string[] {
  const there = guests.filter(({ missing }) => missing === null);
  return [
    `### ${titles[durability]}`,
    '',
    'What an acknowledgement means:',
    '',
    ...there.map(({ peer }) => `- ${peer.name}: ${peer.acknowledgement[durability] ?? 'cannot be had, so left out'}`),
    '',
    ...tables.flatMap((table) =>
      formatTable(
        rows.filter((row) => row.durability === durability),
        table,
      ),
    ),
  ];
}

const tables: readonly Table[] = [
  ...(['produce', 'consume'] as const).map((work): Table => ({
    title: work,
    metrics: [
      `${work}, records/s`,
      `${work}, records a CPU second`,
      `${work}, server CPU us a record`,
      `${work}, client CPU us a record`,
      `${work}, server peak MB`,
      `${work}, client peak MB`,
    ],
    compares: true,
  })),
  { title: 'awaited sends, one at a time', metrics: ['awaited send, p50 ms', 'awaited send, p99 ms'], compares: false },
  { title: 'idle', metrics: ['idle, % of a core'], compares: false },
];

function formatTable(rows: readonly Row[], { title, metrics, compares }: Table): string[] {
  const lines = linesOf(rows.filter((row) => metrics.includes(row.metric)));
  if (lines.length === 0) return [];
  const head = [
    title,
    'peer',
    ...metrics.map((metric) => metric.replace(`${title}, `, '')),
    ...(compares ? ['q / peer, records/s', 'q / peer, records a CPU second'] : []),
  ];
  return [
    line(head),
    line(head.map((_, index) => (index < 2 ? '---' : '---:'))),
    ...lines.map(({ shape, peer, cells }) => {
      const ratios = compares
        ? metrics
            .slice(0, 2)
            .map((metric) =>
              formatRatio(medianOf(lines, { shape, peer: productName, metric }), cells.get(metric)?.median),
            )
        : [];
      return line([
        `${sizeName(shape.valueBytes)}, ${shape.partitions} part.`,
        peer,
        ...metrics.map((metric) => formatRow(cells.get(metric))),
        ...ratios,
      ]);
    }),
    '',
  ];
}

interface Line {
  readonly shape: Shape;
  readonly peer: string;
  readonly cells: ReadonlyMap<Metric, Row>;
}

/** A line for each shape and peer, in the order in which they were measured. */
function linesOf(rows: readonly Row[]): Line[] {
  const groups = Map.groupBy(rows, ({ shape, peer }) => `${shape.valueBytes} ${shape.partitions} ${peer}`);
  return [...groups.values()].map((group) => {
    const { shape, peer } = group[0]!;
    return { shape, peer, cells: new Map(group.map((row) => [row.metric, row])) };
  });
}

function medianOf(
  lines: readonly Line[],
  { shape, peer, metric }: { shape: Shape; peer: string; metric: Metric },
): number | undefined {
  const found = lines.find(
    (one) =>
      one.peer === peer && one.shape.valueBytes === shape.valueBytes && one.shape.partitions === shape.partitions,
  );
  return found?.cells.get(metric)?.median;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function formatRow(row: Row | undefined): string {
  if (row === undefined) return '-';
  return row.rounds === 1
    ? formatNumber(row.median)
    : `${formatNumber(row.median)} (${formatNumber(row.min)} - ${formatNumber(row.max)})`;
}

function formatRatio(ours: number | undefined, theirs: number | undefined): string {
  return ours === undefined || theirs === undefined ? '-' : (ours / theirs).toFixed(2);
}

function formatNumber(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(0)} k`;
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
