import { PassThrough } from 'node:stream';
import type { connect as Connect, ConnectOptions } from '@q/client';
import type { Command } from 'commander';
import type { GlobalOptions } from '../command-context.ts';
import { usageError } from '../command-error.ts';
import type { Candidate } from './candidate.ts';
import type { AtCursor } from './command-words.ts';

/** Whoever presses Tab waits no longer than this for a broker. */
export const namesWithinMs = 100;
/** More than anybody reads; a shell takes long over many. */
const namesMax = 1_000;

export interface NamesQuery {
  readonly what: 'topic' | 'group' | 'profile' | 'transactional-id';
  readonly at: AtCursor;
  /** What names begin with. */
  readonly current: string;
  /** What names are waited for, milliseconds. */
  readonly withinMs: number;
}

/** Names that there are at this moment; none where that cannot be told in time, as completion never fails. */
export async function liveNames(program: Command, query: NamesQuery): Promise<Candidate[]> {
  if (query.what === 'profile') return profiles().catch(() => []);
  const { connect } = await import('@q/client');
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), query.withinMs);
  const inTime = new Promise<Candidate[]>((resolve) => late.signal.addEventListener('abort', () => resolve([])));
  try {
    return await Promise.race([inTime, namesOf(program, query, { connect, signal: late.signal })]);
  } catch {
    // There is no broker, or none that answers: the user can type the name.
    return [];
  } finally {
    clearTimeout(timer);
  }
}

async function namesOf(
  program: Command,
  query: NamesQuery,
  { connect, signal }: { connect: typeof Connect; signal: AbortSignal },
): Promise<Candidate[]> {
  const options = await optionsOf(program, query.at);
  const security = await quietSecurity(options, signal);
  if (query.what === 'transactional-id') return transactionalIds(options, query, { security, signal });
  await using q = await connect(options.url, {
    ...security,
    signal,
    clientId: 'q-cli',
    connectTimeoutMs: query.withinMs,
  });
  const { current } = query;
  if (query.what === 'group') {
    const groups = await q.admin.listGroups({ signal, ...(current !== '' && { prefix: current }) });
    return groups.slice(0, namesMax).map(({ groupId, state }) => ({ word: groupId, about: state }));
  }
  // Topics of the broker itself begin with an underscore.
  const topics = await q.admin.listTopics({ signal, includeInternal: current.startsWith('_') });
  const found = topics.filter(({ name }) => name.startsWith(current)).slice(0, namesMax);
  return found.map(({ name, partitions }) => ({
    word: name,
    about: `${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`,
  }));
}

/** Of transactions the admin interface tells. */
async function transactionalIds(
  options: GlobalOptions,
  { current: prefix, withinMs: timeoutMs }: NamesQuery,
  { security, signal }: { security: Pick<ConnectOptions, 'tls' | 'login'>; signal: AbortSignal },
): Promise<Candidate[]> {
  const { findAdmin } = await import('../admin/admin-address.ts');
  const { AdminApi } = await import('../admin/admin-api.ts');
  const address = await findAdmin(options, { security, interrupt: signal });
  const admin = new AdminApi({ address, security, signal, timeoutMs });
  const { transactions } = await admin.json<{ transactions: { transactionalId: string; state: string }[] }>({
    path: '/api/v1/transactions',
    query: { limit: namesMax, ...(prefix !== '' && { prefix }) },
  });
  return transactions.map(({ transactionalId, state }) => ({ word: transactionalId, about: state }));
}

async function profiles(): Promise<Candidate[]> {
  const { readProfiles } = await import('../profile/profile-file.ts');
  const { profilePath } = await import('../profile/profile-path.ts');
  const file = await readProfiles(profilePath(process.env));
  return [...file.profiles].map(([word, { url }]) => ({ word, about: url }));
}

/** The options that the command itself would have. */
async function optionsOf(program: Command, { given }: AtCursor): Promise<GlobalOptions> {
  const { applyProfile } = await import('../profile/profile-choice.ts');
  // What commander does before a command runs, which is not going to happen.
  for (const option of program.options) {
    const name = option.attributeName();
    const typed = given.get(name);
    const variable = option.envVar === undefined ? undefined : process.env[option.envVar];
    if (typed !== undefined) program.setOptionValueWithSource(name, typed, 'cli');
    else if (variable !== undefined) program.setOptionValueWithSource(name, variable, 'env');
  }
  await applyProfile(program, process.env);
  return program.opts<GlobalOptions>();
}

/** Nobody is asked for a password while they type, and no command of theirs is run. @throws CommandError instead */
async function quietSecurity(
  options: GlobalOptions,
  interrupt: AbortSignal,
): Promise<Pick<ConnectOptions, 'tls' | 'login'>> {
  const { passwordCommand, tokenCommand, passwordFile } = options;
  if (passwordCommand !== undefined || tokenCommand !== undefined || passwordFile === '-')
    throw usageError('names are completed where the password is in a file or a variable');
  const { connectSecurity } = await import('../secure/connect-security.ts');
  const nobody = new PassThrough();
  return connectSecurity({ stdin: nobody, stdout: nobody, stderr: nobody, interrupt }, options);
}
