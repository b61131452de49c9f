import type { Consumer, GroupConsumer } from '@q/client';
import type { SeededRandom } from '@q/testkit';
import { outcomeOf, someTurns } from './stage.ts';
import type { Outcome, Stage } from './stage.ts';
import { judge } from './verdict.ts';

interface Step {
  readonly what: string;
  readonly outcome: Promise<Outcome>;
}

/**
 * An iterator used by hand, in any order and without waiting; left early. Each of its promises settles, by the time it
 * was left.
 */
export async function iterateByHand(stage: Stage, random: SeededRandom): Promise<string[]> {
  const topic = await stage.newTopic(2);
  const records = random.pick([0, 3, 30]);
  if (records > 0)
    await stage.q.producer().sendBatch(
      topic,
      Array.from({ length: records }, (_, index) => ({ value: `${index}` })),
    );
  const isMember = random.chance(0.4);
  const consumer = isMember
    ? stage.q.consumer(topic, { group: stage.newName('g'), autoAck: true, drainTimeoutMs: 20 })
    : stage.q.consumer(topic, { stopAtEnd: random.chance(0.3) });
  const kind = isMember ? 'member' : 'consumer';
  const steps: Step[] = [];
  const step = (what: string, call: () => unknown): void => void steps.push({ what, outcome: outcomeOf(call) });
  const iterator = random.chance(0.7) ? consumer[Symbol.asyncIterator]() : consumer.batches();
  for (let left = random.between(1, 8); left > 0; left -= 1) {
    const choice = random.below(8);
    if (choice < 4) step('next', () => iterator.next());
    else if (choice === 4) step('ready', () => consumer.ready());
    else if (choice === 5) step('seek', () => consumer.seek({ partition: 0, offset: 0 }));
    else if (choice === 6) step('another loop', () => consumer[Symbol.asyncIterator]());
    else pauseAndResume(step, consumer);
    await someTurns(random);
  }
  const leaving = random.pick(['return', 'return', 'close', 'return and close']);
  if (leaving !== 'close') step('return', () => iterator.return?.());
  if (leaving !== 'return') step('close', () => consumer.close());
  const problems: string[] = [];
  for (const { what, outcome } of steps) {
    const problem = judge(await outcome);
    if (problem !== null) problems.push(`${kind}, left with ${leaving}, ${what}: ${problem}`);
  }
  const closed = judge(await outcomeOf(() => consumer.close()));
  if (closed !== null) problems.push(`${kind}, close: ${closed}`);
  return problems;
}

function pauseAndResume(step: (what: string, call: () => unknown) => void, consumer: Consumer | GroupConsumer): void {
  step('pause', () => consumer.pause());
  step('resume', () => consumer.resume());
}
