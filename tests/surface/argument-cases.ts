import type { SeededRandom } from '@q/testkit';
import { isAccepted } from './accepted.ts';
import type { Call, Objects } from './call.ts';
import { calls } from './calls.ts';
import { describeValue, hostileValue, strangeNames } from './hostile-values.ts';
import { outcomeOf } from './stage.ts';
import type { Outcome, Stage } from './stage.ts';
import { judge, judgeRefusal } from './verdict.ts';

interface Try {
  readonly what: string;
  readonly args: readonly unknown[];
  /** What an error may call it by; null: nothing is wrong with it for certain. */
  readonly wrong: readonly string[] | null;
}

/**
 * Any method with one argument, or one field of it, replaced by something else, or with a field too many. What is wrong
 * must be refused by name, and nothing else may come out than a value or a QError.
 *
 * Invariant: what the calls are made on stays open and whole, so that every case begins with the same.
 */
export class ArgumentCases implements AsyncDisposable {
  readonly #objects: Objects;

  private constructor(objects: Objects) {
    this.#objects = objects;
  }

  static async open(stage: Stage): Promise<ArgumentCases> {
    const { q, broker } = stage;
    const topic = await stage.newTopic(2, { 'retention.bytes': 1 << 20 });
    const empty = await stage.newTopic(1);
    const group = stage.newName('g');
    const consumer = q.consumer(topic);
    const member = q.consumer(topic, { group });
    await Promise.all([consumer.ready(), member.ready()]);
    return new ArgumentCases({
      q,
      url: broker.url,
      topic,
      empty,
      group,
      producer: q.producer(),
      consumer,
      member,
      newName: () => stage.newName('x'),
    });
  }

  async run(random: SeededRandom): Promise<string[]> {
    const call = random.pick(calls);
    const { what, args, wrong } = tryOf(call, this.#objects, random);
    const target = await call.on(this.#objects);
    const outcome = await outcomeOf(() => invoke(call, target, args));
    const problem = wrong === null ? judge(outcome) : judgeRefusal(outcome, wrong);
    if (call.isOpening) await closeAgain(outcome);
    if (call.isOwn) await (target as Closeable).close({ timeoutMs: 0 });
    return problem === null ? [] : [`${call.name} ${what}: ${problem}`];
  }

  /** Every partition takes a record and gives it back, in one who was told all that nonsense. */
  async check(): Promise<string[]> {
    const { producer, topic } = this.#objects;
    const problems: string[] = [];
    for (const partition of [0, 1]) {
      const problem = judge(await outcomeOf(() => producer.send(topic, { partition, value: 'is it well?' })));
      if (problem !== null) problems.push(`partition ${partition} stopped working: ${problem}`);
    }
    return problems;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { consumer, member, producer } = this.#objects;
    await Promise.all([consumer.close(), member.close({ timeoutMs: 0 }), producer.close({ timeoutMs: 0 })]);
  }
}

interface Closeable {
  close(options: { readonly timeoutMs: number }): Promise<unknown>;
}

function invoke(call: Call, target: object, args: readonly unknown[]): unknown {
  const method = Reflect.get(target, call.method) as (...given: readonly unknown[]) => unknown;
  return Reflect.apply(method, target, args);
}

function tryOf(call: Call, objects: Objects, random: SeededRandom): Try {
  const args = call.args(objects);
  const kind = random.next();
  if (kind < 0.05 || (call.slots.length === 0 && call.closed.length === 0))
    return { what: 'as it should be', args, wrong: null };
  if (call.closed.length > 0 && (kind < 0.3 || call.slots.length === 0)) return withStrangeField(call, args, random);
  const slot = random.pick(call.slots);
  const value = hostileValue(random);
  const changed = replaced(args, slot.path, value) as unknown[];
  return {
    what: `with ${describeValue(value)} for ${slot.path.join('.')}`,
    args: changed,
    wrong: isAccepted(slot.accepts, value) ? null : slot.names,
  };
}

function withStrangeField(call: Call, args: unknown[], random: SeededRandom): Try {
  const path = random.pick(call.closed);
  const name = random.pick(strangeNames);
  const isKnown =
    (call.name.startsWith('producer.') && name === 'partition')
    || call.slots.some((slot) => slot.path.length === path.length + 1 && String(slot.path.at(-1)) === name);
  const target = valueAt(args, path);
  if (isKnown || typeof target !== 'object' || target === null || Object.hasOwn(target, name))
    return { what: 'as it should be', args, wrong: null };
  const changed = replaced(args, path, {
    ...target,
    [name]: random.chance(0.5) ? 1 : hostileValue(random),
  }) as unknown[];
  return { what: `with a field "${name}" in ${path.join('.')}`, args: changed, wrong: [name] };
}

function valueAt(root: unknown, path: readonly (string | number)[]): unknown {
  let value = root;
  for (const step of path) value = Reflect.get(value as object, step);
  return value;
}

/** A copy with another value at the path. */
function replaced(root: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const inner = replaced(Reflect.get(root as object, step), rest, value);
  if (Array.isArray(root)) return Array.from(root as unknown[], (item, at) => (at === step ? inner : item));
  return { ...(root as object), [step]: inner };
}

/** What was opened although it should perhaps not have been. */
async function closeAgain(outcome: Outcome): Promise<void> {
  if (typeof outcome !== 'object' || !('value' in outcome)) return;
  await (outcome.value as Closeable).close({ timeoutMs: 0 });
}
