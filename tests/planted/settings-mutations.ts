import type { Mutation } from './mutation.ts';

const test = 'packages/broker/test/settings.test.ts';
const folder = 'packages/broker/src/services/settings';

/** Bugs of the settings of a broker: who wins, what is kept, and what a bad source does. */
export const settingsMutations: readonly Mutation[] = [
  {
    name: 'the file is stronger than what was changed through an API',
    test,
    file: `${folder}/setting-layers.ts`,
    find: 'return stored.get(name) ?? given.get(name)?.[0]?.text;',
    replace: 'return given.get(name)?.[0]?.text ?? stored.get(name);',
  },
  {
    name: 'settings that contradict each other are put in force by a reload',
    test,
    file: `${folder}/broker-settings.ts`,
    find: "if ('problems' in read || problems.length > 0) {",
    replace: "if ('problems' in read) {",
  },
  {
    name: 'a setting that needs a restart changes with a reload',
    test,
    file: `${folder}/setting-layers.ts`,
    find: 'const isFixed = this.#definitions.get(name)?.isReloadable === false;',
    replace: 'const isFixed = false;',
  },
  {
    name: 'a secret is told in full',
    test,
    file: `${folder}/setting-view.ts`,
    find: '    value: masked(view.value),\n',
    replace: '',
  },
  {
    name: "the broker's own topics go by the settings of others",
    test,
    file: 'packages/broker/src/services/topics/topic-registry.ts',
    find: 'if (topic.internal || topic.isDeleted) continue;',
    replace: 'if (topic.isDeleted) continue;',
  },
];
