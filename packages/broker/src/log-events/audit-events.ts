import { auditTable } from '../audit-table.ts';
import type { AuditEventName } from '../audit-table.ts';

/** Fields of every line: an entry without a time, which the line has. */
export type AuditField =
  | 'principal'
  | 'result'
  | 'address?'
  | 'door?'
  | 'clientId?'
  | 'connectionId?'
  | 'mechanism?'
  | 'operation?'
  | 'resourceType?'
  | 'resourceName?'
  | 'reason?'
  | 'before?'
  | 'after?'
  | 'count?'
  | 'forMs?';

const fields: readonly AuditField[] = [
  'principal',
  'result',
  'address?',
  'door?',
  'clientId?',
  'connectionId?',
  'mechanism?',
  'operation?',
  'resourceType?',
  'resourceName?',
  'reason?',
  'before?',
  'after?',
  'count?',
  'forMs?',
];

/** The lines of the trail in the log. */
export type AuditLines = {
  readonly [Name in AuditEventName]: {
    readonly level: (typeof auditTable)[Name]['level'];
    readonly meaning: string;
    readonly fields: readonly AuditField[];
  };
};

/** The same table as the log has it. */
export const auditEvents: AuditLines = Object.fromEntries(
  Object.entries(auditTable).map(([name, { level, meaning }]) => [name, { level, meaning, fields }]),
) as AuditLines;
