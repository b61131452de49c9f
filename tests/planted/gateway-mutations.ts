import type { Mutation } from './mutation.ts';

/** Bugs of the door for Kafka clients: what other doors got wrong, and what a generation of a group is for. */
export const gatewayMutations: readonly Mutation[] = [
  {
    name: 'answers of the Kafka door overtake each other',
    test: 'packages/kafka-gateway/test/session/frames-in-order.test.ts',
    file: 'packages/kafka-gateway/src/session/kafka-session.ts',
    find: '  readonly answersInOrder = true;',
    replace: '  readonly answersInOrder = false;',
  },
  {
    name: 'a Produce without acks is answered',
    test: 'packages/kafka-gateway/test/apis/produce.test.ts',
    file: 'packages/kafka-gateway/src/apis/produce.ts',
    find: '  if (request.acks !== 0) return answerOf(',
    replace: '  if (request.acks !== null) return answerOf(',
  },
  {
    name: 'the answer of Produce has a field from the wrong version on',
    test: 'packages/kafka-gateway/test/messages/produce.test.ts',
    file: 'packages/kafka-gateway/src/messages/produce.ts',
    find: '            logStartOffset: field(int64, { since: 5, blank: -1 }),',
    replace: '            logStartOffset: field(int64, { since: 8, blank: -1 }),',
  },
  {
    name: 'a null array of topics is an empty one',
    test: 'packages/kafka-gateway/test/apis/metadata.test.ts',
    file: 'packages/kafka-gateway/src/wire/array.ts',
    find: '        if (count === -1) return null;',
    replace: '        if (count === -1) return [];',
  },
  {
    name: 'Kafka clients are told the port of Kafka and not that of the door',
    test: 'packages/kafka-gateway/test/session/door-life.test.ts',
    file: 'packages/kafka-gateway/src/kafka-door.ts',
    find: 'port: tools.address().port }',
    replace: 'port: defaultKafkaPort }',
  },
  {
    name: 'more than a million elements are taken',
    test: 'packages/kafka-gateway/test/session/bad-frames.test.ts',
    file: 'packages/kafka-gateway/src/wire/limits.ts',
    find: '  arrayElementsMax: 1_000_000,',
    replace: '  arrayElementsMax: 100_000_000,',
  },
  {
    name: 'a member of an earlier generation may commit',
    test: 'packages/coordinator/test/groups/step-classic.test.ts',
    file: 'packages/coordinator/src/groups/classic-presence.ts',
    find: "  return generation === group.generation ? null : 'ILLEGAL_GENERATION';",
    replace: "  return generation <= group.generation ? null : 'ILLEGAL_GENERATION';",
  },
  {
    name: 'a Produce of a Kafka client is acknowledged before it is durable',
    isOfKafka: true,
    file: 'packages/kafka-gateway/src/apis/produce.ts',
    find: '  await new Promise<void>((resolve) => appending.whenSettled(() => resolve()));\n',
    replace: '  await Promise.resolve();\n',
  },
];
