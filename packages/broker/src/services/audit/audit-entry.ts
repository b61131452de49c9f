/**
 * One entry of the audit trail: as services give it, and as it is written.
 *
 * Invariant: an entry holds no secret and no payload. What may be said of a thing before and after is in the table of
 * events, fact by fact; facts are short texts and numbers, never bytes. What looks like a token or a key all the same
 * is masked, wherever it stands.
 */
import type { Operation, ResourceType } from '@q/security';
import { auditTable } from '../../audit-table.ts';
import type { AuditEventName } from '../../audit-table.ts';
import { anonymous } from '../../caller.ts';
import type { Author } from '../../caller.ts';
import { auditLimits } from './audit-limits.ts';

/** How it ended. `refused`: a login. `denied`: by access rules. */
export type AuditResult = 'done' | 'refused' | 'denied' | 'failed';

/** What it is about. */
export interface AuditResource {
  readonly type: ResourceType | 'user' | 'rule' | 'quota' | 'listener' | 'broker' | 'log';
  readonly name: string;
}

/** One fact of a thing. No bytes: a payload does not fit. */
export type AuditValue = string | number | boolean | readonly string[] | null;

type FactOf<Name extends AuditEventName> = (typeof auditTable)[Name]['facts'][number];

/** What is said of a thing: only what the table of events allows. */
export type AuditFacts<Name extends AuditEventName> = { readonly [Fact in FactOf<Name>]?: AuditValue };

interface EntryOf<Name extends AuditEventName> {
  readonly event: Name;
  /** Null: the broker by itself, or whoever has its console. */
  readonly by: Author | null;
  /** Default: what the event says. */
  readonly result?: AuditResult;
  readonly mechanism?: string;
  readonly operation?: Operation;
  readonly resource?: AuditResource;
  /** Why, in words that hold nothing that a client sent as a secret. */
  readonly reason?: string;
  readonly before?: AuditFacts<Name>;
  readonly after?: AuditFacts<Name>;
  readonly count?: number;
  readonly forMs?: number;
}

/** What a service notes. */
export type AuditEntry = { [Name in AuditEventName]: EntryOf<Name> }[AuditEventName];

/** An entry as it is kept and shown. What is not known is not there. */
export interface WrittenEntry {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  readonly event: string;
  readonly principal: string;
  readonly result: string;
  readonly address?: string;
  readonly door?: string;
  readonly clientId?: string;
  readonly connectionId?: number;
  readonly mechanism?: string;
  readonly operation?: string;
  readonly resourceType?: string;
  readonly resourceName?: string;
  readonly reason?: string;
  readonly before?: Readonly<Record<string, AuditValue>>;
  readonly after?: Readonly<Record<string, AuditValue>>;
  readonly count?: number;
  readonly forMs?: number;
}

/** Whom the trail names where the broker does something by itself. */
export const brokerPrincipal = 'Broker';

/** The entry with its time, cut to size and masked. */
export function writtenEntry(entry: AuditEntry, timeMs: number): WrittenEntry {
  const { by, resource, before, after } = entry;
  const fields = {
    address: by?.address,
    door: by?.door,
    clientId: by?.clientId === '' ? undefined : by?.clientId,
    connectionId: by?.connectionId,
    mechanism: entry.mechanism,
    operation: entry.operation,
    resourceType: resource?.type,
    resourceName: resource?.name,
    reason: entry.reason,
    before: before && cleanFacts(entry.event, before),
    after: after && cleanFacts(entry.event, after),
    count: entry.count,
    forMs: entry.forMs,
  };
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return {
    timeMs,
    event: entry.event,
    principal: clean(by === null ? brokerPrincipal : (by.principal ?? anonymous).name),
    result: entry.result ?? resultOf(entry.event),
    ...Object.fromEntries(known.map(([name, value]) => [name, typeof value === 'string' ? clean(value, name) : value])),
  };
}

function resultOf(event: AuditEventName): AuditResult {
  if (event === 'audit.login_refused' || event === 'audit.logins_refused') return 'refused';
  if (event === 'audit.denied' || event === 'audit.denied_again') return 'denied';
  return event === 'audit.entries_dropped' ? 'failed' : 'done';
}

/** What the type checker has not seen is left out: a fact that is not in the table, a value that is no text. */
function cleanFacts(
  event: AuditEventName,
  facts: Readonly<Record<string, AuditValue | undefined>>,
): Readonly<Record<string, AuditValue>> {
  const cleaned: Record<string, AuditValue> = {};
  for (const name of auditTable[event].facts) {
    const value = facts[name];
    if (value !== undefined) cleaned[name] = cleanValue(value);
  }
  return cleaned;
}

function cleanValue(value: AuditValue): AuditValue {
  if (typeof value === 'string') return clean(value);
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
  if (!Array.isArray(value)) return null;
  const shown = value.slice(0, auditLimits.textsMax).map((text) => clean(String(text)));
  return value.length > shown.length ? [...shown, `and ${value.length - shown.length} more`] : shown;
}

const mask = '******';
/** Signed tokens, and private keys: from where they begin to the end of the text. */
const secrets = /eyJ[\w-]{10,}\.[\s\S]*|-----BEGIN[\s\S]*/u;

function clean(text: string, name?: string): string {
  const { textCharactersMax, reasonCharactersMax } = auditLimits;
  const max = name === 'reason' ? reasonCharactersMax : textCharactersMax;
  return shortened(text, max).replace(secrets, mask);
}

/** A copy, where it is cut: a part of a text keeps all of it in memory, and strangers send long ones. */
export function shortened(text: string, max: number = auditLimits.textCharactersMax): string {
  return text.length > max ? `${Buffer.from(text.slice(0, max)).toString()}…` : text;
}
