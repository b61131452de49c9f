import type { Mutation } from './mutation.ts';

const rig = 'tests/surface/surface.test.ts';

/** Bugs of the client's surface: what it takes from its caller, and what it keeps of its promises. */
export const surfaceMutations: readonly Mutation[] = [
  {
    name: 'a header may be anything',
    test: rig,
    file: 'packages/client/src/producer/record-check.ts',
    find: "  if (value === null || typeof value === 'string') return value;\n  if (value instanceof Uint8Array) {",
    replace: '  if (field !== null) return value as Encoded;\n  if (value instanceof Uint8Array) {',
  },
  {
    name: 'an unknown option is passed over',
    test: rig,
    file: 'packages/client/src/option-check.ts',
    find: '    if (known.includes(name)) continue;',
    replace: '    if (known.includes(name) || name !== null) continue;',
  },
  {
    name: 'a field that no record has is passed over',
    test: rig,
    file: 'packages/client/src/producer/record-check.ts',
    find: '  if (unknown !== undefined)\n',
    replace: '  if (unknown === null)\n',
  },
  {
    name: 'a record is refused for what was known of its topic',
    test: rig,
    file: 'packages/client/src/producer/accumulator.ts',
    find: '    QError.is(error)\n',
    replace: "    QError.is(error)\n    && error.code === 'NONE'\n",
  },
  {
    name: 'records that waited for room outlive their producer',
    test: 'packages/client/test/producer/closing.test.ts',
    file: 'packages/client/src/producer/accumulator.ts',
    find: 'if (this.#isOver || (entry.record === null',
    replace: 'if ((entry.record === null',
  },
  {
    name: 'an aborted signal breaks a producer',
    test: 'packages/client/test/signals.test.ts',
    file: 'packages/client/src/producer/producer.ts',
    find: '  #forgetSignal: () => void = () => {};',
    replace: '  #forgetSignal!: () => void;',
  },
];
