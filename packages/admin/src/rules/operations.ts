/** Access rules: who may do what (row A3). */
import { checkRule, clusterName, operationsOf, resourceTypes, securityLimits } from '@q/security';
import type { AclRule, Operation, ResourceType, RuleFilter } from '@q/security';
import { z } from 'zod';
import { limits } from '../limits.ts';
import { json, operation } from '../operation/operation.ts';

type OneOrMore<T> = readonly [T, ...T[]];

const operationNames = [...new Set(resourceTypes.flatMap(operationsOf))] as unknown as OneOrMore<Operation>;
const text = z.string().min(1).max(securityLimits.nameCharactersMax);
const principal = text.describe('`User:NAME`, or `User:*` for everybody.');
const host = z.string().min(1).max(45).describe('An IP address, or `*` for every one.');
const permission = z.enum(['allow', 'deny']);
const operationName = z.enum(operationNames);
const resourceType = z.enum(resourceTypes as OneOrMore<ResourceType>);
const resourceName = text.describe(`A name, or \`*\` for everything of the kind; of the cluster \`${clusterName}\`.`);

const fields = {
  principal,
  host,
  permission,
  operation: z.enum(['all', ...operationNames]),
  resourceType,
  patternType: z.enum(['literal', 'prefixed']),
  resourceName,
};
const rule = z.object(fields).meta({ id: 'AccessRule' });
const givenRule = z.strictObject({
  ...fields,
  host: host.default('*'),
  permission: permission.default('allow'),
  patternType: fields.patternType.default('literal'),
});

const rules = z.array(givenRule).min(1).max(limits.rulesOfRequestMax);

const filterQuery = z.strictObject({
  principal: principal.optional(),
  host: host.optional(),
  permission: permission.optional(),
  operation: z.enum(['all', ...operationNames]).optional(),
  resourceType: resourceType.optional(),
  resourceName: resourceName.optional(),
  patternType: z
    .enum(['literal', 'prefixed', 'any', 'matching'])
    .optional()
    .describe('`matching`: all rules that concern the thing: its own, those of a prefix, those of everything.'),
});

const listRules = operation({
  id: 'listRules',
  method: 'get',
  path: '/api/v1/acls',
  tag: 'security',
  summary: 'Access rules; those that fit everything that is named.',
  query: filterQuery,
  answer: json(z.array(rule)),
  handle: ({ query }, { services, who }) => services.access.rules(known(query) as RuleFilter, who),
});

const addRules = operation({
  id: 'addRules',
  method: 'post',
  path: '/api/v1/acls',
  tag: 'security',
  summary: 'Add access rules: in force for the next request of whomever they are about. None is, when one is wrong.',
  body: z.strictObject({ rules }),
  answer: json(
    z.object({
      rules: z.array(
        rule.extend({ added: z.boolean().describe('False: there was one like it.') }).meta({ id: 'AddedRule' }),
      ),
    }),
  ),
  errors: ['STORAGE_FULL', 'STORAGE_FAILED'],
  handle: async ({ body }, { services, who }) => {
    body.rules.forEach(checkRule);
    const added: (AclRule & { added: boolean })[] = [];
    for (const each of body.rules) added.push({ ...each, added: await services.access.add(each, who) });
    return { rules: added };
  },
});

const removeRules = operation({
  id: 'removeRules',
  method: 'post',
  path: '/api/v1/acls/remove',
  tag: 'security',
  summary: 'Remove exactly these access rules. The answer has those that there were.',
  body: z.strictObject({ rules }),
  answer: json(z.object({ rules: z.array(rule) })),
  errors: ['STORAGE_FULL', 'STORAGE_FAILED'],
  handle: async ({ body }, { services, who }) => {
    const removed: AclRule[] = [];
    for (const each of body.rules) removed.push(...(await services.access.remove(each, who)));
    return { rules: removed };
  },
});

const testAccess = operation({
  id: 'testAccess',
  method: 'post',
  path: '/api/v1/acls/test',
  tag: 'security',
  summary: 'Whether somebody may do something, as every door decides, and which rule decides.',
  body: z.strictObject({
    principal,
    host: host.default('127.0.0.1'),
    operation: operationName,
    resourceType,
    resourceName: resourceName.default(clusterName),
  }),
  answer: json(
    z
      .object({
        allowed: z.boolean(),
        by: z
          .enum(['super user', 'rule', 'default', 'internal topic'])
          .describe('`default`: no rule is about it. `internal topic`: the broker alone changes it.'),
        rule: rule.nullable(),
        right: z
          .object({ operation: operationName, resourceType, resourceName })
          .describe('What decides: what was asked for, or a right to the cluster in its place.'),
      })
      .meta({ id: 'AccessDecision' }),
  ),
  handle: ({ body }, { services, who }) => {
    const { principal: name, host: address, operation: wanted, resourceType: type, resourceName: of } = body;
    const question = { principal: name, address, operation: wanted, resource: { type, name: of } };
    const { isAllowed, by, rule: decisive, right } = services.access.test(question, who);
    const { type: rightType, name: rightName } = right.resource;
    return {
      allowed: isAllowed,
      by,
      rule: decisive,
      right: { operation: right.operation, resourceType: rightType, resourceName: rightName },
    };
  },
});

export const ruleOperations = [listRules, addRules, removeRules, testAccess] as const;

function known(query: object): object {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}
