import { measurePair } from '../cases/measured-pair.ts';
import { readUsage } from '../measure/process-usage.ts';
import { Worker } from '../measure/worker.ts';
import type { IdleMembersOptions } from './idle-members.ts';
import type { KafkaProfile } from './profile.ts';
import type { Side, SideName } from './side.ts';

/** Whose defaults the members go by. */
export type Habit = 'Java' | 'kafkajs';

export interface IdleRun {
  readonly habit: Habit;
  readonly side: SideName;
  readonly cores: number;
  readonly requestsPerSecond: number;
}

const groups = 100;
const membersPerGroup = 10;
/**
 * A Java consumer commits the same offsets again and again. franz-go is as kafkajs is; librdkafka waits as Java does,
 * and commits as they do.
 */
const habits: Readonly<Record<Habit, Pick<IdleMembersOptions, 'fetchWaitMs' | 'commitMs'>>> = {
  Java: { fetchWaitMs: 500, commitMs: 5000 },
  kafkajs: { fetchWaitMs: 5000, commitMs: null },
};
const timeoutMs = 120_000;

/** A thousand classic consumers that wait for what never comes: what the server takes of a core. */
export async function measureIdle(
  sides: readonly Side[],
  { profile, onRun }: { readonly profile: KafkaProfile; readonly onRun: (text: string) => void },
): Promise<IdleRun[]> {
  const found: IdleRun[] = [];
  for (const habit of ['Java', 'kafkajs'] as const) {
    for (const side of sides) {
      onRun(`${groups * membersPerGroup} idle classic consumers as ${habit} has them: ${side.name}`);
      found.push(await run(side, habit, profile.idleSeconds * 1000));
    }
  }
  return found;
}

async function run(side: Side, habit: Habit, measureMs: number): Promise<IdleRun> {
  const topic = `idle-${habit}`;
  await side.tools.createTopic(topic, membersPerGroup, []);
  await using client = Worker.start('kafka/idle-members.ts', {
    kafkaPort: side.kafkaPort,
    topic,
    groups,
    membersPerGroup,
    measureMs,
    ...habits[habit],
  } satisfies IdleMembersOptions);
  const server = { usage: () => readUsage(side.pid) };
  const pair = await measurePair<{ answered: number; elapsedMs: number }>({ client, server, timeoutMs });
  const { answered, elapsedMs } = pair.result;
  const { cpuSeconds } = pair.processes.find(({ name }) => name === 'server')!;
  await client.stop();
  await side.tools.deleteTopic(topic);
  return {
    habit,
    side: side.name,
    cores: (cpuSeconds * 1000) / elapsedMs,
    requestsPerSecond: (answered * 1000) / elapsedMs,
  };
}
