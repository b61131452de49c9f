import { brokerMutations, clientMutations } from './broker-and-client-mutations.ts';
import { classicGroupMutations } from './classic-group-mutations.ts';
import { gatewayMutations } from './gateway-mutations.ts';
import { groupMutations } from './group-mutations.ts';
import { journalMutations } from './journal-mutations.ts';
import { accessMutations } from './access-mutations.ts';
import type { Mutation } from './mutation.ts';
import { settingsMutations } from './settings-mutations.ts';
import { storageMutations } from './storage-mutations.ts';
import { surfaceMutations } from './surface-mutations.ts';
import { transactionMutations } from './transaction-mutations.ts';
import { trailAndTokenMutations } from './trail-and-token-mutations.ts';

/** Every bug that can be planted. */
export const mutations: readonly Mutation[] = [
  ...storageMutations,
  ...journalMutations,
  ...brokerMutations,
  ...groupMutations,
  ...classicGroupMutations,
  ...clientMutations,
  ...surfaceMutations,
  ...gatewayMutations,
  ...settingsMutations,
  ...trailAndTokenMutations,
  ...accessMutations,
  ...transactionMutations,
];

export function mutationNamed(name: string): Mutation {
  const mutation = mutations.find((each) => each.name === name);
  if (mutation === undefined) throw new Error(`there is no planted bug "${name}"`);
  return mutation;
}
