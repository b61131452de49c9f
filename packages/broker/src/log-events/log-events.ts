/**
 * Everything that a broker says in its log, in one table: the storage engine, the broker, its doors and its program.
 *
 * A name is for ever, as searches and alerts rest on it: an event that is said no more keeps its row for a release and
 * says so, and a name never changes its meaning. docs/LOGS.md is made of this table.
 */
import { storageEvents } from '@q/storage';
import type { EventLevel, EventLine } from '@q/storage';
import { auditEvents } from './audit-events.ts';
import type { AuditLines } from './audit-events.ts';
import { brokerEvents } from './broker-events.ts';
import { connectionEvents } from './connection-events.ts';
import { groupEvents } from './group-events.ts';
import { healthEvents } from './health-events.ts';
import type { logFields } from './log-fields.ts';
import { transactionEvents } from './transaction-events.ts';
import { tlsEvents } from './tls-events.ts';
import { topicEvents } from './topic-events.ts';

type Events = typeof storageEvents
  & typeof brokerEvents
  & typeof topicEvents
  & typeof groupEvents
  & typeof transactionEvents
  & typeof connectionEvents
  & typeof healthEvents
  & typeof tlsEvents
  & AuditLines;

/** Every event by name. */
export const logEvents: Events = {
  ...storageEvents,
  ...brokerEvents,
  ...topicEvents,
  ...groupEvents,
  ...transactionEvents,
  ...connectionEvents,
  ...healthEvents,
  ...tlsEvents,
  ...auditEvents,
};

/** The name of an event. */
export type LogEventName = keyof Events;

/** A line of one level: an event of that level with its fields. */
export type LogLine<Level extends EventLevel> = EventLine<Events, typeof logFields, Level>;
