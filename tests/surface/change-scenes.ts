import type { SeededRandom } from '@q/testkit';
import { outcomeOf } from './stage.ts';
import type { Outcome, Stage } from './stage.ts';
import { judge } from './verdict.ts';

/**
 * A topic that is changed behind the back of a client that knows it: what is right now is not refused for what was so
 * before.
 */
export async function changeTopic(stage: Stage, random: SeededRandom): Promise<string[]> {
  const q = await stage.connect();
  const topic = await stage.newTopic(1, { 'max.message.bytes': 1_024 });
  const producer = q.producer({ onError: () => undefined });
  const problems: string[] = [];
  const must = (what: string, outcome: Outcome): void => {
    const problem =
      judge(outcome) ?? (typeof outcome === 'object' && 'thrown' in outcome ? String(outcome.thrown) : null);
    if (problem !== null) problems.push(`${what}: ${problem}`);
  };
  must('a first record', await outcomeOf(() => producer.send(topic, { value: 'v' })));
  const partitions = random.between(2, 4);
  must('adding partitions', await outcomeOf(() => stage.q.admin.addPartitions(topic, partitions)));
  must(
    'a larger limit',
    await outcomeOf(() => stage.q.admin.alterTopic(topic, { set: { 'max.message.bytes': 65_536 } })),
  );
  const partition = partitions - 1;
  const sends = [
    (): unknown => producer.send(topic, { partition, value: 'added' }),
    (): unknown =>
      producer.sendBatch(topic, [
        { partition, value: 'added' },
        { partition: 0, value: 'old' },
      ]),
    (): unknown => producer.send(topic, { value: 'x'.repeat(10_000) }),
    (): unknown => {
      producer.enqueue(topic, { partition, value: 'added' });
      return producer.flush();
    },
    async (): Promise<void> => {
      const consumer = q.consumer(topic, { partitions: [partition], stopAtEnd: true });
      for await (const _ of consumer);
    },
  ];
  const chosen = sends.filter(() => random.chance(0.6));
  const outcomes = await Promise.all(chosen.map((send) => outcomeOf(send)));
  for (const [at, outcome] of outcomes.entries())
    must(`use ${sends.indexOf(chosen[at] as () => unknown)} of what was changed a moment ago`, outcome);
  const absent = await outcomeOf(() => producer.send(topic, { partition: partitions, value: 'not there' }));
  if (typeof absent !== 'object' || !('thrown' in absent)) problems.push('a partition that is not there took a record');
  must('what comes behind it', await outcomeOf(() => producer.send(topic, { partition: 0, value: 'v' })));
  must('close', await outcomeOf(() => q.close()));
  return problems;
}
