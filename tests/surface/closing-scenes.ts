import { QError } from '@q/client';
import type { Q } from '@q/client';
import type { SeededRandom } from '@q/testkit';
import { outcomeOf, someTurns, turns } from './stage.ts';
import type { Stage } from './stage.ts';
import { judge, OwnError } from './verdict.ts';

/**
 * A producer is closed, or its client, while its buffer is full: when closing is over, nothing that it promised is
 * open.
 */
export async function closeProducer(stage: Stage, random: SeededRandom): Promise<string[]> {
  const q = await stage.connect();
  const topic = random.chance(0.8) ? await stage.newTopic(2) : stage.newName('absent');
  const producer = q.producer({
    maxBufferedBytes: random.pick([512, 512, 2_048, 1 << 20]),
    maxInFlight: random.between(1, 5),
    onError: () => undefined,
  });
  const problems: string[] = [];
  if (random.chance(0.85)) await outcomeOf(() => producer.send(topic, { value: 'so that the topic is known' }));
  let open = 0;
  const watch = (what: string, promise: Promise<unknown>): void => {
    open += 1;
    void outcomeOf(() => promise).then((outcome) => {
      open -= 1;
      const problem = judge(outcome);
      if (problem !== null) problems.push(`${what}: ${problem}`);
    });
  };
  const value = 'x'.repeat(random.between(10, 300));
  for (let left = random.between(50, 400); left > 0; left -= 1) {
    watch('send', producer.send(topic, { value, ...(random.chance(0.3) && { partition: random.below(2) }) }));
    if (random.chance(0.02)) watch('flush', producer.flush());
    if (random.chance(0.02)) watch('ready', producer.ready());
  }
  if (random.chance(0.5)) await someTurns(random);
  const o = random.chance(0.2) ? {} : { timeoutMs: random.pick([0, 0, 1, 5, 50]) };
  const closed = await outcomeOf(() => (random.chance(0.8) ? producer.close(o) : q.close(o)));
  const problem = judge(closed);
  if (problem !== null) problems.push(`close: ${problem}`);
  await turns(2);
  if (open > 0) problems.push(`closing is over, and ${open} promises are open`);
  await q.close({ timeoutMs: 0 });
  return problems;
}

/** Every method of what was closed: it fails with CLOSED, or does nothing. */
export async function callAfterClose(stage: Stage, random: SeededRandom): Promise<string[]> {
  const q = await stage.connect();
  const topic = await stage.newTopic(1);
  const things = {
    producer: q.producer(),
    consumer: q.consumer(topic),
    member: q.consumer(topic, { group: stage.newName('g') }),
    admin: q.admin,
    q,
  };
  if (random.chance(0.5)) await outcomeOf(() => things.producer.send(topic, { value: 'v' }));
  if (random.chance(0.5)) await outcomeOf(() => things.consumer.ready());
  if (random.chance(0.3)) await outcomeOf(() => things.member.ready());
  await outcomeOf(() => things.producer.close());
  await outcomeOf(() => things.consumer.close());
  await outcomeOf(() => things.member.close({ timeoutMs: 0 }));
  if (random.chance(0.5)) await outcomeOf(() => q.close());
  const problems: string[] = [];
  const attempt = async (what: string, call: () => unknown): Promise<void> => {
    const problem = judge(await outcomeOf(call));
    if (problem !== null) problems.push(`${what} after close: ${problem}`);
  };
  const { producer, consumer, member, admin } = things;
  const calls: Readonly<Record<string, () => unknown>> = {
    'producer.send': () => producer.send(topic, { value: 'v' }),
    'producer.sendBatch': () => producer.sendBatch(topic, [{ value: 'v' }]),
    'producer.enqueue': () => producer.enqueue(topic, { value: 'v' }),
    'producer.flush': () => producer.flush(),
    'producer.ready': () => producer.ready(),
    'producer.close': () => producer.close(),
    'consumer.next': () => consumer[Symbol.asyncIterator]().next(),
    'consumer.batches': () => consumer.batches().next(),
    'consumer.ready': () => consumer.ready(),
    'consumer.seek': () => consumer.seek({ partition: 0, offset: 0 }),
    'consumer.endOffsets': () => consumer.endOffsets(),
    'consumer.pause': () => consumer.pause(),
    'consumer.resume': () => consumer.resume(),
    'consumer.close': () => consumer.close(),
    'member.next': () => member[Symbol.asyncIterator]().next(),
    'member.run': () => member.run(() => undefined),
    'member.ready': () => member.ready(),
    'member.commit': () => member.commit(),
    'member.commit of an offset': () => member.commit([{ partition: 0, offset: 0 }]),
    'member.committed': () => member.committed(),
    'member.seek': () => member.seek({ partition: 0, offset: 0 }),
    'member.pause': () => member.pause(),
    'member.close': () => member.close(),
    'admin.stats': () => admin.stats(),
    'admin.createTopic': () => admin.createTopic(stage.newName('t')),
    'q.producer': () => q.producer().close(),
    'q.consumer': () => q.consumer(topic).close(),
    'q.close': () => q.close(),
  };
  for (let left = 6; left > 0; left -= 1) {
    const name = random.pick(Object.keys(calls));
    await attempt(name, calls[name] as () => unknown);
  }
  await q.close({ timeoutMs: 0 });
  return problems;
}

/** Whatever an application does from inside what the client calls. */
export async function closeInHandlers(stage: Stage, random: SeededRandom): Promise<string[]> {
  const q = await stage.connect();
  const topic = await stage.newTopic(2);
  await stage.q.producer().sendBatch(
    topic,
    Array.from({ length: 20 }, (_, index) => ({ key: `k${index}`, value: `${index}` })),
  );
  const problems: string[] = [];
  const attempt = async (what: string, call: () => unknown): Promise<void> => {
    const outcome = await outcomeOf(call);
    const problem =
      typeof outcome === 'object' && 'thrown' in outcome && outcome.thrown instanceof OwnError ? null : judge(outcome);
    if (problem !== null) problems.push(`${what}: ${problem}`);
  };
  const kind = random.pick(Object.keys(handlers));
  await (handlers[kind] as Handler)({
    q,
    topic,
    random,
    group: stage.newName('g'),
    attempt: (what, call) => attempt(`${kind}, ${what}`, call),
  });
  await attempt(`${kind}, q.close`, () => q.close({ timeoutMs: 50 }));
  return problems;
}

interface HandlerScene {
  readonly q: Q;
  readonly topic: string;
  readonly group: string;
  readonly random: SeededRandom;
  readonly attempt: (what: string, call: () => unknown) => Promise<void>;
}

type Handler = (scene: HandlerScene) => Promise<void>;

/** What a handler may do to end things, and what it may throw. */
function ending({ q, random }: HandlerScene, own: { close(): Promise<unknown> }): () => unknown {
  return random.pick<() => unknown>([
    () => own.close(),
    () => void own.close(),
    () => q.close({ timeoutMs: 20 }),
    () => void q.close({ timeoutMs: 20 }),
    () => {
      throw new OwnError('thrown by a handler');
    },
  ]);
}

const handlers: Readonly<Record<string, Handler>> = {
  'a loop': async (scene) => {
    const consumer = scene.q.consumer(scene.topic);
    const end = ending(scene, consumer);
    const at = scene.random.below(20);
    await scene.attempt('loop', async () => {
      let seen = 0;
      for await (const _ of consumer) {
        if (seen === at) await end();
        if (seen === at) break;
        seen += 1;
      }
    });
  },
  'a loop that goes on': async (scene) => {
    const consumer = scene.q.consumer(scene.topic);
    const at = scene.random.below(20);
    await scene.attempt('loop', async () => {
      let seen = 0;
      for await (const _ of consumer) {
        if (seen === at) void consumer.close();
        seen += 1;
      }
    });
  },
  'a handler of run': async (scene) => {
    const member = scene.q.consumer(scene.topic, {
      group: scene.group,
      drainTimeoutMs: 50,
      ...(scene.random.chance(0.5) && { concurrency: { by: 'key', max: 4 } }),
    });
    const end = ending(scene, { close: () => member.close({ timeoutMs: 20 }) });
    const at = scene.random.below(20);
    let seen = 0;
    await scene.attempt('run', () =>
      member.run(() => {
        seen += 1;
        return seen > at ? end() : undefined;
      }),
    );
    await scene.attempt('closed', () => member.closed);
  },
  'an event of a member': async (scene) => {
    const member = scene.q.consumer(scene.topic, { group: scene.group, drainTimeoutMs: 50 });
    const end = ending(scene, { close: () => member.close({ timeoutMs: 20 }) });
    member.on('assigned', () => void end());
    await scene.attempt('ready', () => member.ready());
    await scene.attempt('close', () => member.close({ timeoutMs: 20 }));
  },
  'onError of a producer': async (scene) => {
    const { q, topic, random } = scene;
    let end: () => unknown = () => undefined;
    const producer = q.producer({ onError: () => void end() });
    end = random.pick([
      ending(scene, producer),
      () => producer.enqueue(topic, { value: 'again' }),
      () => void producer.send(topic, { value: 'again' }),
    ]);
    await scene.attempt('enqueue', () => producer.enqueue(topic, { value: 'good' }));
    await scene.attempt('enqueue', () => producer.enqueue(topic, { value: 'v', partition: 99 }));
    for (let left = random.below(5); left > 0; left -= 1)
      await scene.attempt('enqueue', () => producer.enqueue(topic, { value: 'good' }));
    await scene.attempt('flush', () => producer.flush());
    await scene.attempt('close', () => producer.close());
  },
  'a partitioner': async (scene) => {
    const { q, topic, random } = scene;
    let end: () => unknown = () => undefined;
    const producer = q.producer({
      partitioner: () => {
        void end();
        return [0, 1, 7, -1, Number.NaN, 'length', undefined][random.below(7)] as number;
      },
    });
    end = random.pick([
      ending(scene, producer),
      () => void producer.send(topic, { value: 'again', partition: 0 }),
      () => undefined,
    ]);
    const sends = Array.from({ length: random.between(1, 5) }, () =>
      scene.attempt('send', () => producer.send(topic, { value: 'v', key: 'k' })),
    );
    await Promise.all(sends);
    await scene.attempt('close', () => producer.close());
  },
};

/** Whether an error says that something is closed or was aborted. */
export function saysOver(thrown: unknown): boolean {
  return QError.is(thrown) && (thrown.code === 'CLOSED' || thrown.code === 'ABORTED');
}
