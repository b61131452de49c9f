import type { Asking } from '../../caller.ts';
import type { AuditEntry, WrittenEntry } from '../audit/audit-entry.ts';
import type { AuditPage, AuditQuery } from '../audit/audit-reading.ts';
import { auditLogId } from '../audit/audit-topic.ts';
import type { AuditNotes, AuditTrail } from '../audit/audit.ts';
import { demand, topicNamed } from './access.ts';
import type { Access } from './access.ts';

/** The audit trail: whoever may read its topic reads it, however it is kept. Doors note what services do not do. */
export class GuardedAudit implements AuditNotes {
  readonly #audit: AuditTrail;
  readonly #access: Access;

  constructor(audit: AuditTrail, access: Access) {
    this.#audit = audit;
    this.#access = access;
  }

  /** As `AuditNotes.note`: never throws, never waits. */
  note(entry: AuditEntry): void {
    this.#audit.note(entry);
  }

  /** Entries, the newest first. @throws QError NOT_AUTHORIZED, INVALID_REQUEST */
  async list(query: AuditQuery, caller: Asking): Promise<AuditPage> {
    this.#demand(caller);
    return this.#audit.list(query);
  }

  /**
   * Calls `listener` with each entry from now on, before it is durable. Returns how to stop that.
   * @throws QError NOT_AUTHORIZED, BROKER_BUSY when as many follow as may
   */
  follow(listener: (entry: WrittenEntry) => void, caller: Asking): () => void {
    this.#demand(caller);
    return this.#audit.follow(listener);
  }

  #demand(caller: Asking): void {
    demand(this.#access, caller, { operation: 'read', resource: topicNamed(auditLogId.topic) });
  }
}
