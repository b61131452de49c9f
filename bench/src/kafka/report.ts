import type { Machine } from '../machine.ts';
import { formatRatio } from '../number-format.ts';
import { kafkaVersion } from '../peers/kafka-node.ts';
import type { KafkaProfile } from './profile.ts';
import { judgeKafka } from './targets.ts';
import type { KafkaNumbers, KafkaRow } from './targets.ts';

export interface KafkaReport {
  readonly machine: Machine;
  readonly profile: KafkaProfile;
  /** Why Kafka could not be had; null: it could. */
  readonly missing: string | null;
  readonly numbers: KafkaNumbers;
  readonly failures: readonly string[];
}

/** The comparison as a section of Markdown. */
export function formatKafka({ machine, profile, missing, numbers, failures }: KafkaReport): string {
  const rows = judgeKafka(numbers);
  return [
    '## Kafka clients',
    '',
    `${machine.cpuCount} x ${machine.cpuModel}, ${machine.memoryGiB} GiB, Node ${machine.node}, Linux ${machine.kernel}, ${machine.fileSystem}; `
      + `${profile.rounds} rounds, in turn. Java clients of Kafka ${kafkaVersion}, with their defaults. `
      + `The other side is Kafka ${kafkaVersion}, one node in one virtual machine of 1 GiB, which syncs nothing before it acknowledges; the product syncs everything. `
      + 'Numbers are medians; a ratio is the median of the rounds (least to most).',
    '',
    ...(missing === null ? [] : [`Kafka is left out: ${missing}`, '']),
    '| what | q | compared with | ratio | target | |',
    '|---|---|---|---|---|---|',
    ...rows.map(formatRow),
    '',
    ...failures.map((failure) => `FAILED ${failure}\n`),
  ].join('\n');
}

function formatRow({ what, ours, others, ratio, target, isReached }: KafkaRow): string {
  const range =
    ratio === null ? '' : `${formatRatio(ratio.median)} (${formatRatio(ratio.min)} to ${formatRatio(ratio.max)})`;
  const verdict = isReached === null ? 'not measured' : isReached ? 'reached' : '**not reached**';
  return `| ${[what, ours, others, range, target, verdict].join(' | ')} |`;
}
