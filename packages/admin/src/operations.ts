/**
 * Every operation of the admin interface. Each concern has a folder, and in it `operations.ts` with those of it: a new
 * concern adds its list here, and nothing else.
 */
import { alertOperations } from './alerts/operations.ts';
import { backupOperations } from './backup/operations.ts';
import { clusterOperations } from './cluster/operations.ts';
import { configOperations } from './config/operations.ts';
import { connectionOperations } from './connections/operations.ts';
import { errorOperations } from './errors/operations.ts';
import { eventOperations } from './events/operations.ts';
import { groupOperations } from './groups/operations.ts';
import { logOperations } from './logs/operations.ts';
import { metricsOperations } from './metrics/operations.ts';
import { auditOperations } from './audit/operations.ts';
import { certificateOperations } from './certificates/operations.ts';
import { quotaOperations } from './quotas/operations.ts';
import { ruleOperations } from './rules/operations.ts';
import { userOperations } from './users/operations.ts';
import { whoAmIOperations } from './whoami/operations.ts';
import type { AnyOperation } from './operation/operation.ts';
import { recordOperations } from './records/operations.ts';
import { statsOperations } from './stats/operations.ts';
import { topicOperations } from './topics/operations.ts';
import { transactionOperations } from './transactions/operations.ts';

export const operations = [
  ...alertOperations,
  ...clusterOperations,
  ...backupOperations,
  ...configOperations,
  ...connectionOperations,
  ...topicOperations,
  ...recordOperations,
  ...groupOperations,
  ...transactionOperations,
  ...statsOperations,
  ...metricsOperations,
  ...logOperations,
  ...eventOperations,
  ...errorOperations,
  ...whoAmIOperations,
  ...userOperations,
  ...ruleOperations,
  ...quotaOperations,
  ...auditOperations,
  ...certificateOperations,
] as const satisfies readonly AnyOperation[];
