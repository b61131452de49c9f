import { principalOf } from '@q/security';
import { anonymous } from '../../caller.ts';
import type { Author, Principal } from '../../caller.ts';
import { silentLogger } from '../../logger.ts';
import type { BrokerLogger } from '../../logger.ts';
import { countLogin } from '../../metrics/counters.ts';
import type { BrokerCounters } from '../../metrics/counters.ts';
import { noAudit } from '../audit/audit.ts';
import type { AuditNotes } from '../audit/audit.ts';

/** Who has tried to log in, and how. */
export interface LoginTry {
  readonly mechanism: string;
  readonly by: Author;
}

/** Says in the log and in the audit trail who was let in and who was not: for all doors, and once for each try. */
export class LoginNews {
  readonly #logger: BrokerLogger;
  readonly #audit: AuditNotes;
  readonly #counters: BrokerCounters | null;

  constructor({
    logger,
    audit,
    counters = null,
  }: {
    readonly logger: BrokerLogger;
    readonly audit: AuditNotes;
    readonly counters?: BrokerCounters | null;
  }) {
    this.#counters = counters;
    this.#logger = logger;
    this.#audit = audit;
  }

  /** `lifetimeMs`: for how long it holds; 0: for as long as the connection. */
  letIn(
    { mechanism, by }: LoginTry,
    { principal, lifetimeMs }: { readonly principal: Principal; readonly lifetimeMs: number },
  ): void {
    if (this.#counters !== null) countLogin(this.#counters, mechanism, 'done');
    const after = lifetimeMs === 0 ? {} : { after: { lifetimeMs } };
    this.#audit.note({ event: 'audit.login_done', by: named(by, principal), mechanism, ...after });
    this.#logger.debug(
      { event: 'login.done', ...placeOf(by), mechanism, principal: principal.name },
      'a user was let in',
    );
  }

  /** `user`: who they said they are; empty: nobody. The reason is never told to the client. */
  refused({ mechanism, by }: LoginTry, { user, reason }: { readonly user: string; readonly reason: string }): void {
    if (this.#counters !== null) countLogin(this.#counters, mechanism, 'refused');
    const principal = user === '' ? anonymous : { name: principalOf(user) };
    this.#audit.note({ event: 'audit.login_refused', by: named(by, principal), mechanism, reason });
    this.#logger.warn({ event: 'login.refused', ...placeOf(by), mechanism, user, reason }, 'somebody was not let in');
  }
}

/** Where nobody has to log in. */
export const noLoginNews: LoginNews = new LoginNews({ logger: silentLogger, audit: noAudit });

function placeOf({ address, clientId, connectionId = 0, door = '' }: Author): {
  readonly door: string;
  readonly address: string;
  readonly clientId: string;
  readonly connectionId: number;
} {
  return { door, address, clientId, connectionId };
}

/** Property by property: callers are no plain objects. */
function named({ address, clientId, connectionId, door }: Author, principal: Principal): Author {
  return {
    principal,
    address,
    clientId,
    ...(connectionId !== undefined && { connectionId }),
    ...(door !== undefined && { door }),
  };
}
