/** Quotas: how much whoever comes may use in a second (row A3). */
import type { QuotaFilter } from '@q/broker';
import { canonicalAddress, everyOther, quotaKinds, securityLimits } from '@q/security';
import type { EntityName, QuotaEntity, QuotaKind } from '@q/security';
import { z } from 'zod';
import { json, operation } from '../operation/operation.ts';

const entityName = z
  .string()
  .max(securityLimits.nameCharactersMax)
  .nullable()
  .describe('Null: every other one, that has no quota of its own.');

const entity = z
  .strictObject({ user: entityName.optional(), clientId: entityName.optional(), address: entityName.optional() })
  .describe('A user, a client id or both; or an address.');

const kind = z.enum(quotaKinds as readonly [QuotaKind, ...QuotaKind[]]);
const words =
  'Bytes of produced and of fetched records, percent of one core that requests take, and connections that begin; each in a second.';
const quotas = z.partialRecord(kind, z.number().positive()).describe(words);

const quotasOfEntity = z.object({ entity, quotas }).meta({ id: 'QuotasOfEntity' });

const listQuotas = operation({
  id: 'listQuotas',
  method: 'get',
  path: '/api/v1/quotas',
  tag: 'security',
  summary: 'Quotas, in the order in which they were set; those that fit everything that is named.',
  query: z.strictObject({
    user: z.string().optional(),
    clientId: z.string().optional(),
    address: z.string().optional(),
  }),
  answer: json(z.array(quotasOfEntity)),
  handle: ({ query }, { services, who }) => {
    const named = Object.entries(query).filter(([, name]) => name !== undefined);
    const filter = Object.fromEntries(named.map(([part, name]) => [part, { is: name }])) as QuotaFilter;
    return services.quotas.list(filter, who).map((each) => ({
      entity: entityJson(each.entity),
      quotas: Object.fromEntries(each.quotas),
    }));
  },
});

const setQuotas = operation({
  id: 'setQuotas',
  method: 'put',
  path: '/api/v1/quotas',
  tag: 'security',
  summary: 'Set quotas of one entity, or take them away: those that are null. Others stay as they are.',
  body: z.strictObject({
    entity,
    quotas: z.partialRecord(kind, z.number().positive().nullable()).describe(words),
    dryRun: z.boolean().optional().describe('Everything is checked, and nothing changed.'),
  }),
  answer: json(z.object({ entity })),
  errors: ['STORAGE_FULL', 'STORAGE_FAILED'],
  handle: async ({ body }, { services, who }) => {
    const changes = new Map(Object.entries(body.quotas) as [QuotaKind, number | null][]);
    await services.quotas.set(entityOf(body.entity), { changes, isDryRun: body.dryRun === true }, who);
    return { entity: body.entity };
  },
});

const removeQuotas = operation({
  id: 'removeQuotas',
  method: 'post',
  path: '/api/v1/quotas/remove',
  tag: 'security',
  summary: 'Take all quotas of one entity away.',
  body: z.strictObject({ entity }),
  answer: json(z.object({ removed: z.boolean().describe('False: there were none.') })),
  errors: ['STORAGE_FULL', 'STORAGE_FAILED'],
  handle: async ({ body }, { services, who }) => ({
    removed: await services.quotas.remove(entityOf(body.entity), who),
  }),
});

export const quotaOperations = [listQuotas, setQuotas, removeQuotas] as const;

type EntityJson = z.output<typeof entity>;

function entityJson(of: QuotaEntity): EntityJson {
  const parts = Object.entries(of) as [keyof QuotaEntity, EntityName][];
  return Object.fromEntries(parts.map(([part, name]) => [part, name === everyOther ? null : name]));
}

function entityOf(given: EntityJson): QuotaEntity {
  const { address } = given;
  // One address has several spellings.
  const spelled = typeof address === 'string' ? { ...given, address: canonicalAddress(address) ?? address } : given;
  const parts = Object.entries(spelled).filter(([, name]) => name !== undefined);
  return Object.fromEntries(parts.map(([part, name]) => [part, name ?? everyOther]));
}
