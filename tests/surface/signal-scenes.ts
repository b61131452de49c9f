import { connect } from '@q/client';
import type { Q } from '@q/client';
import type { SeededRandom } from '@q/testkit';
import { saysOver } from './closing-scenes.ts';
import { outcomeOf, someTurns } from './stage.ts';
import type { Outcome, Stage } from './stage.ts';
import { judge } from './verdict.ts';

/** What is under way when a signal is aborted: before it begins, at any moment of it, or after. */
interface Abortable {
  /** Resolves when the thing is over, or shows that it is. */
  readonly work: Promise<Outcome>;
  /** Afterwards: to be refused. */
  readonly use?: () => unknown;
  readonly close?: () => unknown;
}

type Make = (o: { q: Q; stage: Stage; topic: string; signal: AbortSignal; random: SeededRandom }) => Abortable;

const makers: Readonly<Record<string, Make>> = {
  connect: ({ stage, signal, random }) => {
    const url = random.chance(0.7) ? stage.broker.url : 'q://127.0.0.1:1';
    const connecting = connect(url, { signal, connectTimeoutMs: 200, retry: { initialMs: 1, maxMs: 5 } });
    return {
      work: outcomeOf(async () => {
        const q = await connecting;
        await q.close();
      }),
    };
  },
  producer: ({ q, topic, signal, random }) => {
    const producer = q.producer({ signal, maxBufferedBytes: 1_024, onError: () => undefined });
    const sends = Array.from({ length: random.below(60) }, () => producer.send(topic, { value: 'x'.repeat(100) }));
    return {
      work: outcomeOf(() => Promise.allSettled(sends)),
      use: () => producer.send(topic, { value: 'after' }),
      close: () => producer.close(),
    };
  },
  consumer: ({ q, topic, signal }) => {
    const consumer = q.consumer(topic, { signal });
    return {
      work: outcomeOf(async () => {
        for await (const _ of consumer);
      }),
      use: () => consumer.ready(),
      close: () => consumer.close(),
    };
  },
  'consumer.ready': ({ q, topic, signal }) => {
    const consumer = q.consumer(topic, { signal });
    return { work: outcomeOf(() => consumer.ready()), close: () => consumer.close() };
  },
  member: ({ q, stage, topic, signal }) => {
    const member = q.consumer(topic, { signal, group: stage.newName('g'), drainTimeoutMs: 20 });
    return {
      work: outcomeOf(async () => {
        for await (const message of member) message.ack();
      }),
      use: () => member.ready(),
      close: () => member.close({ timeoutMs: 20 }),
    };
  },
  'member.run': ({ q, stage, topic, signal }) => {
    const member = q.consumer(topic, {
      signal,
      group: stage.newName('g'),
      drainTimeoutMs: 20,
      concurrency: { by: 'key', max: 3 },
    });
    return { work: outcomeOf(() => member.run(() => undefined)), close: () => member.close({ timeoutMs: 20 }) };
  },
  flush: ({ q, topic, signal }) => {
    const producer = q.producer({ onError: () => undefined });
    for (let left = 20; left > 0; left -= 1) producer.enqueue(topic, { value: 'v' });
    return { work: outcomeOf(() => producer.flush({ signal })), close: () => producer.close() };
  },
  'admin.createTopic': ({ q, stage, signal }) => ({
    work: outcomeOf(() => q.admin.createTopic(stage.newName('t'), { signal })),
  }),
  'admin.ensureTopic': ({ q, topic, signal }) => ({ work: outcomeOf(() => q.admin.ensureTopic(topic, { signal })) }),
  'admin.describeTopic': ({ q, topic, signal }) => ({
    work: outcomeOf(() => q.admin.describeTopic(topic, { signal })),
  }),
  'admin.listOffsets': ({ q, topic, signal }) => ({
    work: outcomeOf(() => q.admin.listOffsets(topic, 'end', { signal })),
  }),
  'admin.metadata': ({ q, topic, signal }) => ({ work: outcomeOf(() => q.admin.metadata([topic], { signal })) }),
  'admin.resetGroupOffsets': ({ q, stage, topic, signal }) => ({
    work: outcomeOf(() => q.admin.resetGroupOffsets(stage.newName('g'), { [topic]: { 0: 0 } }, { signal })),
  }),
  'admin.deleteGroupOffsets': ({ q, stage, topic, signal }) => ({
    work: outcomeOf(() => q.admin.deleteGroupOffsets(stage.newName('g'), topic, { signal })),
  }),
};

/** Everything that takes a signal, under one that is aborted before, during or after. */
export async function abortAnything(stage: Stage, random: SeededRandom): Promise<string[]> {
  const topic = await stage.newTopic(2);
  const problems: string[] = [];
  for (let left = 4; left > 0; left -= 1) problems.push(...(await abortOne(stage, topic, random)));
  return problems;
}

async function abortOne(stage: Stage, topic: string, random: SeededRandom): Promise<string[]> {
  const q = await stage.connect();
  const controller = new AbortController();
  const name = random.pick(Object.keys(makers));
  const when = random.pick(['before', 'during', 'during', 'after']);
  const abort = (): void =>
    controller.abort([undefined, new Error('of the application'), 'a text', null][random.below(4)]);
  const problems: string[] = [];
  const say = (what: string, problem: string | null): void => {
    if (problem !== null) problems.push(`${name}, aborted ${when}, ${what}: ${problem}`);
  };
  if (when === 'before') abort();
  const made = await outcomeOf(() => ({
    it: (makers[name] as Make)({ q, stage, topic, signal: controller.signal, random }),
  }));
  say('making it', judge(made));
  if (typeof made === 'object' && 'value' in made) {
    const { it } = made.value as { it: Abortable };
    if (when === 'during') await someTurns(random);
    if (when === 'after') await Promise.race([it.work, someTurns(random)]);
    abort();
    say('its work', judge(await it.work));
    if (it.use !== undefined) {
      const used = await outcomeOf(it.use);
      say(
        'using it',
        typeof used === 'object' && 'thrown' in used && saysOver(used.thrown)
          ? null
          : (judge(used) ?? 'it was not closed'),
      );
    }
    if (it.close !== undefined) say('closing it', judge(await outcomeOf(it.close)));
  }
  say('q.close', judge(await outcomeOf(() => q.close({ timeoutMs: 100 }))));
  return problems;
}
