import type { Mutation } from './mutation.ts';

const coordinator = 'packages/coordinator/src/groups';
const broker = 'packages/broker/src/services/groups';

/** Bugs of classic groups: who is told what, and when. */
export const classicGroupMutations: readonly Mutation[] = [
  {
    name: 'a generation of a classic group is told before it is durable',
    test: 'packages/broker/test/services/groups/classic-groups.test.ts',
    file: `${broker}/classic-coordinator.ts`,
    find: '      await live.settled();\n    } catch {\n      for',
    replace: '      void live.settled().catch(() => undefined);\n    } catch {\n      for',
  },
  {
    name: 'who waits in a classic group counts as waiting after a lost write',
    test: 'packages/broker/test/services/groups/classic-lost-writes.test.ts',
    file: `${broker}/classic-coordinator.ts`,
    find: "    else this.step(live, { kind: 'taken-back' });\n",
    replace: '',
  },
  {
    name: 'a classic group begins without those that were given an id',
    test: 'packages/coordinator/test/groups/step-classic.test.ts',
    file: `${coordinator}/classic-rebalance.ts`,
    find: ' || pending.size > 0) return;',
    replace: ') return;',
  },
  {
    name: 'who waits for its assignment is not told that the group begins anew',
    test: 'packages/coordinator/test/groups/classic-simulation.test.ts',
    file: `${coordinator}/classic-rebalance.ts`,
    find: "    turn.refuseWaiting(member.memberId, 'REBALANCE_IN_PROGRESS');\n",
    replace: '',
  },
];
