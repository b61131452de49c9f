import { withAdmin } from '../admin-call.ts';
import { isTerminal } from '../command-context.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { CommandError, usageError } from '../command-error.ts';
import { ExitCode } from '../exit-code.ts';
import { parseByteSize } from '../input/byte-size.ts';
import { nearest } from '../input/nearest.ts';
import type { Pair } from '../input/pairs.ts';
import { formatJson } from '../output/json.ts';
import { formatTable } from '../output/table.ts';
import { noteUnknownUsers } from './unknown-users.ts';

const path = '/api/v1/quotas';
const entityNames = { user: 'user', client: 'clientId', address: 'address' } as const;
/** Ours, and behind each the one of Kafka's tools. */
const kinds = {
  produce: 'producerByteRate',
  producer_byte_rate: 'producerByteRate',
  consume: 'consumerByteRate',
  consumer_byte_rate: 'consumerByteRate',
  request: 'requestPercentage',
  request_percentage: 'requestPercentage',
  connections: 'connectionCreationRate',
  connection_creation_rate: 'connectionCreationRate',
} as const;

/** Null stands for every other one, that has no quota of its own. */
type Entity = Readonly<Record<string, string | null>>;

interface QuotaRow {
  readonly entity: Entity;
  readonly quotas: Readonly<Record<string, number>>;
}

export async function setQuota(
  context: CommandContext,
  pairs: readonly Pair[],
  options: GlobalOptions & { readonly dryRun?: boolean },
): Promise<ExitCode> {
  const { entity, quotas } = readPairs(pairs);
  if (Object.keys(quotas).length === 0) throw usageError('what may it use? produce=10MB, for instance, or request=50');
  const { dryRun = false } = options;
  await withAdmin(context, options, async (admin) => {
    await admin.json({ method: 'PUT', path, body: { entity, quotas, ...(dryRun && { dryRun }) } });
    const { user } = entity;
    await noteUnknownUsers(context, admin, typeof user === 'string' ? [user] : []);
  });
  for (const [kind, amount] of Object.entries(quotas)) noteIfTiny(context, kind, amount);
  const said = `${dryRun ? 'would set' : 'set'} ${pairs.map(({ name, value }) => `${name}=${value}`).join(' ')}`;
  return report(context, options, { json: { entity, quotas, dryRun }, said });
}

export async function removeQuota(
  context: CommandContext,
  pairs: readonly Pair[],
  options: GlobalOptions,
): Promise<ExitCode> {
  const { entity, quotas } = readPairs(pairs);
  if (Object.keys(quotas).length > 0)
    throw usageError('all quotas are taken away; "q quota set user=ann produce=none" takes one');
  const { removed } = await withAdmin(context, options, (admin) =>
    admin.json<{ removed: boolean }>({ path: `${path}/remove`, body: { entity } }),
  );
  if (!removed) throw new CommandError(ExitCode.notFound, `${entityText(entity)} has no quota`);
  return report(context, options, { json: { entity }, said: `took away what ${entityText(entity)} had` });
}

export async function listQuotas(context: CommandContext, options: GlobalOptions): Promise<ExitCode> {
  const rows = await withAdmin(context, options, (admin) => admin.json<readonly QuotaRow[]>({ path }));
  const { stdout } = context;
  if (options.json === true) stdout.write(formatJson(rows, isTerminal(stdout)));
  else {
    const columns = ['of', 'quota', 'a second'].map((title) => ({ title }));
    const cells = rows.flatMap(({ entity, quotas }) =>
      Object.entries(quotas).map(([kind, value]) => [entityText(entity), kind, String(value)]),
    );
    stdout.write(await formatTable(columns, cells, stdout));
  }
  return ExitCode.ok;
}

function report(
  { stdout }: CommandContext,
  options: GlobalOptions,
  { json, said }: { readonly json: object; readonly said: string },
): ExitCode {
  stdout.write(options.json === true ? formatJson(json, isTerminal(stdout)) : `${said}\n`);
  return ExitCode.ok;
}

function entityText(entity: Entity): string {
  const words = Object.entries(entityNames).flatMap(([word, name]) => {
    const value = entity[name];
    return value === undefined ? [] : [`${word}=${value ?? '*'}`];
  });
  return words.join(' ');
}

/** @throws CommandError the nearest word, or what is missing */
function readPairs(pairs: readonly Pair[]): { entity: Entity; quotas: Record<string, number | null> } {
  const entity: Record<string, string | null> = {};
  const quotas: Record<string, number | null> = {};
  for (const { name, value } of pairs) {
    if (name in entityNames) entity[entityNames[name as keyof typeof entityNames]] = value === '*' ? null : value;
    else if (name in kinds) {
      const kind = kinds[name as keyof typeof kinds];
      quotas[kind] = value === 'none' ? null : amountOf(name, kind, value);
    } else {
      const words = [...Object.keys(entityNames), ...Object.keys(kinds)];
      const guess = nearest(name, words);
      throw usageError(
        `"${name}" is nothing that quotas know; ${guess === undefined ? `there is ${words.join(', ')}` : `did you mean ${guess}?`}`,
      );
    }
  }
  if (Object.keys(entity).length === 0)
    throw usageError('whose quota? user=ann, client=app, both, or address=10.0.0.1');
  return { entity, quotas };
}

/** Less than a small request: whoever writes 20 means 20MB. */
const bytesUsual = 1_024;

function noteIfTiny({ stderr }: CommandContext, kind: string, amount: number | null): void {
  if (!kind.endsWith('ByteRate') || amount === null || amount >= bytesUsual) return;
  stderr.write(`note: ${kind} is ${amount} bytes a second, less than most requests have; 20MB is 20 megabytes\n`);
}

function amountOf(name: string, kind: string, text: string): number {
  if (kind.endsWith('ByteRate')) return byteRateOf(name, text);
  const amount = Number(text.replace(/%$/, ''));
  if (text !== '' && Number.isFinite(amount) && amount > 0) return amount;
  throw usageError(`${name} is "${text}"; expected a number above 0, or none`);
}

function byteRateOf(name: string, text: string): number {
  try {
    return parseByteSize(text, { min: 1, max: Number.MAX_SAFE_INTEGER });
  } catch {
    throw usageError(`${name} is "${text}"; expected bytes in a second, such as 10MB, 512KiB or 100000, or none`);
  }
}
