import * as client from '@q/client';
import type { Consumer, GroupConsumer, Producer, Q } from '@q/client';
import { isCount, isOptions, isSignal, maybe } from './accepted.ts';
import type { Accepts } from './accepted.ts';

/** What a call is made on: all of it open, the topic with two partitions, the group consumer a member. */
export interface Objects {
  readonly q: Q;
  readonly url: string;
  readonly topic: string;
  /** A topic without records. */
  readonly empty: string;
  readonly group: string;
  readonly producer: Producer;
  readonly consumer: Consumer;
  readonly member: GroupConsumer;
  readonly newName: () => string;
}

/**
 * One argument, or a field of one: where it is, which values are right, and by which of these names an error may call
 * it.
 */
interface Slot {
  readonly path: readonly (string | number)[];
  readonly accepts: Accepts;
  readonly names: readonly string[];
}

export interface Call {
  readonly name: string;
  /** Arguments that are right. */
  readonly args: (objects: Objects) => unknown[];
  readonly on: (objects: Objects) => object | Promise<object>;
  /** What it is made on is its own, and is closed afterwards. */
  readonly isOwn: boolean;
  readonly method: string;
  readonly slots: readonly Slot[];
  /** Objects that have no other fields than these. */
  readonly closed: readonly (readonly (string | number)[])[];
  /** What it gives has to be closed. */
  readonly isOpening: boolean;
}

type Path = readonly (string | number)[];
export type Slots = Readonly<Record<string, Accepts>>;

/** `1.retry.maxMs`: of the second argument, its field retry, of that maxMs. */
function pathOf(text: string): Path {
  return text.split('.').map((step) => (/^\d+$/u.test(step) ? Number(step) : step));
}

function slotsOf(slots: Slots, names: readonly string[], method: string): Slot[] {
  return Object.entries(slots).map(([text, accepts]) => {
    const path = pathOf(text);
    const named = path.filter((step) => typeof step === 'string');
    return {
      path,
      accepts,
      names: named.length > 0 ? [named.at(-1) as string] : [names[path[0] as number] as string, method],
    };
  });
}

const lasting = {
  q: ({ q }: Objects): object => q,
  producer: ({ producer }: Objects): object => producer,
  consumer: ({ consumer }: Objects): object => consumer,
  member: ({ member }: Objects): object => member,
  admin: ({ q }: Objects): object => q.admin,
  module: (): object => client,
};

/** Each time another one, for what ends it. */
const own = {
  'own q': ({ url }: Objects): Promise<object> => client.connect(url),
  'own producer': ({ q }: Objects): object => q.producer(),
  'own member': ({ q, topic, newName }: Objects): object => q.consumer(topic, { group: newName() }),
  /** Closed a moment later, because a handler that is right is run until then. */
  'own runner': ({ q, empty, newName }: Objects): object => {
    const member = q.consumer(empty, { group: newName() });
    setTimeout(() => void member.close({ timeoutMs: 0 }), 20);
    return member;
  },
};

export function call(
  on: keyof typeof lasting | keyof typeof own,
  method: string,
  o: {
    names: readonly string[];
    args: (objects: Objects) => unknown[];
    slots: Slots;
    closed?: readonly string[];
    isOpening?: boolean;
  },
): Call {
  return {
    name: `${on}.${method}`,
    method,
    on: { ...lasting, ...own }[on],
    isOwn: on in own,
    args: o.args,
    slots: slotsOf(o.slots, o.names, method),
    closed: (o.closed ?? []).map(pathOf),
    isOpening: o.isOpening === true,
  };
}

export const signal: AbortSignal = new AbortController().signal;
export const optionsOf = (at: number, options: Slots): Slots => ({
  [at]: isOptions,
  ...Object.fromEntries(Object.entries(options).map(([name, accepts]) => [`${at}.${name}`, maybe(accepts)])),
});
export const onlySignal = (at: number): Slots => optionsOf(at, { signal: isSignal });
export const place: Slots = { 0: isOptions, '0.partition': isCount(0), '0.offset': isCount(0) };
