/**
 * A user of a broker, and what is stored of it: never its password, but what checks one.
 */
import { QError } from '@q/protocol';
import type { ScramCredential, ScramMechanism } from '@q/protocol';
import { securityLimits } from '../limits.ts';

/** A user, with a credential for each mechanism by which it may come in. */
export interface User {
  readonly name: string;
  readonly credentials: ReadonlyMap<ScramMechanism, ScramCredential>;
}

/** The mechanisms that users have credentials of. */
export const scramMechanisms: readonly ScramMechanism[] = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];

/** In the path of a request they mean a folder, so nobody could delete such a user by HTTP. */
const pathSteps: ReadonlySet<string> = new Set(['.', '..']);

/** @throws QError INVALID_REQUEST */
export function checkUserName(name: string): string {
  const { nameCharactersMax } = securityLimits;
  const isText = name.length > 0 && name.length <= nameCharactersMax && !/\p{Cc}/u.test(name) && name.trim() === name;
  // Half a character comes back from the disk as another one: two users would be one after a start.
  if (isText && name.isWellFormed() && !standsForOthers(name) && !pathSteps.has(name)) return name;
  const shown = JSON.stringify(name.slice(0, 100));
  const allowed = `1 to ${nameCharactersMax} characters, no control characters, no space around it, and none of *, ANONYMOUS, . and ..`;
  throw new QError('INVALID_REQUEST', `the user name is ${shown}; allowed is ${allowed}`, {
    details: { field: 'user', value: shown, allowed },
  });
}

/** Rules about the two names are about everybody, and about whoever has not said who it is. */
export function standsForOthers(name: string): boolean {
  return name === '*' || name === 'ANONYMOUS';
}

/** The principal that access rules name. */
export function principalOf(userName: string): string {
  return `User:${userName}`;
}
