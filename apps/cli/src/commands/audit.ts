import { withAdmin } from '../admin-call.ts';
import type { AdminApi, AdminRequest } from '../admin/admin-api.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { timestampOf } from '../input/time-expression.ts';
import type { TimeExpression } from '../input/time-expression.ts';

export interface AuditOptions extends GlobalOptions {
  readonly follow?: boolean;
  readonly principal?: string;
  readonly result?: string;
  readonly event?: string;
  readonly count?: number;
  readonly since?: TimeExpression;
}

/** One entry. What is not known is not there. */
interface AuditEntry {
  readonly timeMs: number;
  readonly event: string;
  readonly principal: string;
  readonly result: string;
  readonly [fact: string]: unknown;
}

const path = '/api/v1/audit';
const shown = new Set(['timeMs', 'event', 'principal', 'result']);

export async function showAudit(context: CommandContext, options: AuditOptions): Promise<ExitCode> {
  const { principal, result, event, count: limit, json, since } = options;
  const sinceMs = since === undefined ? undefined : timestampOf(since, Date.now());
  const query = { principal, result, event };
  const { stdout } = context;
  const write = (entry: AuditEntry): void =>
    void stdout.write(json === true ? `${JSON.stringify(entry)}\n` : entryText(entry));
  await withAdmin(context, options, async (admin) => {
    if (options.follow === true) return follow(context, admin, { query, write });
    const { entries } = await admin.json<{ entries: readonly AuditEntry[] }>({
      path,
      query: { ...query, sinceMs, limit },
    });
    for (const entry of entries.toReversed()) write(entry);
    if (entries.length === 0 && isTerminal(context.stderr)) context.stderr.write('no such entries\n');
  });
  return ExitCode.ok;
}

/** The stream has all entries; those that were not asked for are left out here. */
async function follow(
  context: CommandContext,
  admin: AdminApi,
  o: { readonly query: NonNullable<AdminRequest['query']>; readonly write: (entry: AuditEntry) => void },
): Promise<void> {
  const { principal, result, event: wanted } = o.query;
  for await (const { event, data } of admin.events({ path })) {
    if (event === 'missed') {
      context.stderr.write(`${String((JSON.parse(data) as { entries: number }).entries)} entries were missed\n`);
    } else if (event === 'entry') {
      const entry = JSON.parse(data) as AuditEntry;
      const fits =
        (principal === undefined || entry.principal === principal)
        && (result === undefined || entry.result === result)
        && (wanted === undefined || isEvent(entry.event, String(wanted)));
      if (fits) o.write(entry);
    }
  }
}

function isEvent(event: string, wanted: string): boolean {
  return wanted.endsWith('*') ? event.startsWith(wanted.slice(0, -1)) : event === wanted;
}

/** `2026-11-30T10:04:31.518Z denied audit.denied User:ann address=… operation=read` */
function entryText(entry: AuditEntry): string {
  const facts = Object.entries(entry)
    .filter(([name]) => !shown.has(name))
    .map(
      ([name, value]) => `${name}=${typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value)}`,
    );
  const words = [new Date(entry.timeMs).toISOString(), entry.result.padEnd(7), entry.event, entry.principal, ...facts];
  return `${visible(words.join(' '))}\n`;
}

/** Strangers have written some of it, and what a terminal obeys may be among it. */
function visible(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}
