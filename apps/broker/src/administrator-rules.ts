import type { Broker } from '@q/broker';

type Rule = Parameters<NonNullable<Broker['rules']>['add']>[0];

/** What an administrator may do everything with. The cluster has one name. */
export const everything: readonly Pick<Rule, 'resourceType' | 'resourceName'>[] = [
  { resourceType: 'topic', resourceName: '*' },
  { resourceType: 'group', resourceName: '*' },
  { resourceType: 'transactionalId', resourceName: '*' },
  { resourceType: 'cluster', resourceName: 'kafka-cluster' },
];

/** Lets a user do everything, by rules that can be seen and removed like others. Durable when it resolves. */
export async function allowEverything(name: string, rules: NonNullable<Broker['rules']>): Promise<void> {
  const common = {
    principal: `User:${name}`,
    host: '*',
    permission: 'allow',
    operation: 'all',
    patternType: 'literal',
  };
  for (const resource of everything) await rules.add({ ...common, ...resource } as Rule);
}
