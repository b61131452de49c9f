import { measurePair } from '../cases/measured-pair.ts';
import { readUsage } from '../measure/process-usage.ts';
import { Worker } from '../measure/worker.ts';
import type { IdleMembersOptions } from './idle-members.ts';
import type { KafkaProfile } from './profile.ts';
import type { Side, SideName } from './side.ts';

export interface IdleRun {
  readonly side: SideName;
  readonly cores: number;
  readonly requestsPerSecond: number;
}

const groups = 100;
const membersPerGroup = 10;
const topic = 'idle';
const timeoutMs = 120_000;

/** A thousand classic consumers that wait for what never comes: what the server takes of a core. */
export async function measureIdle(
  sides: readonly Side[],
  { profile, onRun }: { readonly profile: KafkaProfile; readonly onRun: (text: string) => void },
): Promise<IdleRun[]> {
  const found: IdleRun[] = [];
  for (const side of sides) {
    onRun(`${groups * membersPerGroup} idle classic consumers: ${side.name}`);
    await side.tools.createTopic(topic, membersPerGroup, []);
    await using client = Worker.start('kafka/idle-members.ts', {
      kafkaPort: side.kafkaPort,
      topic,
      groups,
      membersPerGroup,
      measureMs: profile.idleSeconds * 1000,
    } satisfies IdleMembersOptions);
    const server = { usage: () => readUsage(side.pid) };
    const { result, processes } = await measurePair<{ answered: number; elapsedMs: number }>({
      client,
      server,
      timeoutMs,
    });
    const { cpuSeconds } = processes.find(({ name }) => name === 'server')!;
    found.push({
      side: side.name,
      cores: (cpuSeconds * 1000) / result.elapsedMs,
      requestsPerSecond: (result.answered * 1000) / result.elapsedMs,
    });
    await client.stop();
    await side.tools.deleteTopic(topic);
  }
  return found;
}
