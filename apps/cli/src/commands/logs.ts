import { styleText } from 'node:util';
import { withAdmin } from '../admin-call.ts';
import type { AdminApi } from '../admin/admin-api.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';

export interface LogsOptions extends GlobalOptions {
  readonly follow?: boolean;
  readonly level?: string;
  readonly event?: string;
  readonly since?: string;
  readonly count?: number;
}

/** A line of the log. Its further fields are those of its event. */
interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly event: string;
  readonly msg: string;
  readonly err?: { readonly message?: string; readonly code?: string };
  readonly [field: string]: unknown;
}

const path = '/api/v1/logs';
const shown = new Set(['level', 'time', 'event', 'msg', 'pid', 'err']);

export async function showLogs(context: CommandContext, options: LogsOptions): Promise<ExitCode> {
  const { level, event, since, count: limit, json } = options;
  const query = { level, event, since, limit };
  const write = (line: LogLine): void =>
    void context.stdout.write(json === true ? `${JSON.stringify(line)}\n` : lineText(line, isTerminal(context.stdout)));
  await withAdmin(context, options, async (admin) => {
    if (options.follow === true) return follow(context, admin, { query, write });
    const { lines } = await admin.json<{ lines: LogLine[] }>({ path, query });
    for (const line of lines) write(line);
    if (lines.length === 0 && isTerminal(context.stderr)) context.stderr.write('no such lines\n');
  });
  return ExitCode.ok;
}

async function follow(
  context: CommandContext,
  admin: AdminApi,
  { query, write }: { query: Parameters<AdminApi['events']>[0]['query'] & object; write: (line: LogLine) => void },
): Promise<void> {
  for await (const { event, data } of admin.events({ path, query })) {
    if (event === 'line') write(JSON.parse(data) as LogLine);
    else if (event === 'missed')
      context.stderr.write(`${String((JSON.parse(data) as { lines: number }).lines)} lines were missed\n`);
  }
}

/** `2026-11-30T10:04:31.518Z warn  no room: … disk.full limit=diskReserveBytes` */
function lineText(line: LogLine, isStyled: boolean): string {
  const dim = (text: string): string => (isStyled && text !== '' ? styleText('dim', text) : text);
  const fields = Object.entries(line)
    .filter(([name, value]) => !shown.has(name) && value !== null)
    .map(([name, value]) => `${name}=${valueText(value)}`);
  if (line.err !== undefined) fields.push(`err=${valueText(errorText(line.err))}`);
  const words = [dim(line.time), levelText(line.level, isStyled), visible(line.msg), dim(line.event)];
  return `${[...words, dim(visible(fields.join(' ')))].join(' ').trimEnd()}\n`;
}

function errorText({ code, message = '' }: NonNullable<LogLine['err']>): string {
  return code === undefined ? message : `${code}: ${message}`;
}

function levelText(level: string, isStyled: boolean): string {
  const text = level.padEnd(5);
  if (!isStyled) return text;
  if (level === 'error' || level === 'fatal') return styleText('red', text);
  return level === 'warn' ? styleText('yellow', text) : text;
}

function valueText(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /[\s"]/.test(value) ? JSON.stringify(value) : value;
}

/** Clients have written some of it, and what a terminal obeys may be among it. */
function visible(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => {
    return `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  });
}
