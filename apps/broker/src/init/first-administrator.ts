import type { Broker } from '@q/broker';
import { allowEverything } from '../administrator-rules.ts';
import type { Settings } from '../settings.ts';
import { explainStartFailure } from '../start-failure.ts';
import { InitError } from './init-error.ts';

export interface FirstAdministrator {
  readonly name: string;
  /** Asked for only where there is nobody yet. */
  readonly password: () => Promise<string>;
}

/**
 * Makes the first administrator of the data folder: a user, and rules that allow it everything, which can be seen and
 * removed like others. It takes the broker itself, without a listener that anybody could reach, as whoever else writes
 * to the folder could damage it.
 *
 * @returns the users that there are already; empty: it was made
 * @throws InitError where the folder is in use, or cannot be used
 */
export async function makeFirstAdministrator(
  settings: Settings,
  { name, password }: FirstAdministrator,
): Promise<readonly string[]> {
  const broker = await openQuietly(settings);
  try {
    const { users, rules } = broker;
    if (users === null || rules === null) throw new Error('the broker asks nobody who they are');
    const found = users.list();
    if (found.length > 0) return found;
    const chosen = await password();
    // The rules first: a user without them could never give itself any.
    await allowEverything(name, rules);
    await users.setPassword(name, chosen);
    return [];
  } finally {
    await broker.close();
  }
}

async function openQuietly(settings: Settings): Promise<Broker> {
  const { startBroker } = await import('@q/broker');
  try {
    return await startBroker({
      dataDir: settings.dataDir,
      host: '127.0.0.1',
      port: 0,
      admin: false,
      brokerId: settings.brokerId,
      security: { mechanisms: ['SCRAM-SHA-512'] },
    });
  } catch (error) {
    throw new InitError(explainStartFailure(error, settings).line, { cause: error });
  }
}
