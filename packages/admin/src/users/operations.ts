/** Users and their passwords (row A1). A password stands in bodies alone, and is never shown again. */
import type { Services } from '@q/broker';
import { QError } from '@q/protocol';
import { scramMechanisms, securityLimits } from '@q/security';
import { z } from 'zod';
import { Problem } from '../http/problem.ts';
import { json, operation } from '../operation/operation.ts';
import { count } from '../operation/scalars.ts';

const userName = z.string().min(1).max(securityLimits.nameCharactersMax).describe('Name of a user, without `User:`.');
const password = z.string().min(1).max(1_024).describe('It is hashed, and not kept.');
const mechanism = z.enum(scramMechanisms as readonly ['SCRAM-SHA-256', 'SCRAM-SHA-512']);
const named = z.strictObject({ user: userName });

const userSummary = z
  .object({
    name: userName,
    mechanisms: z.array(mechanism).describe('By which it may come in, and by PLAIN where that is taken.'),
  })
  .meta({ id: 'User' });

const userDetails = z
  .object({ name: userName, credentials: z.array(z.object({ mechanism, iterations: count })) })
  .meta({ id: 'UserDetails' });

const listUsers = operation({
  id: 'listUsers',
  method: 'get',
  path: '/api/v1/users',
  tag: 'security',
  summary: 'Users who may come in with a password, by name.',
  answer: json(z.array(userSummary)),
  handle: (_input, { services, who }) => {
    const users = usersOf(services);
    return users.list(who).flatMap((name) => {
      const user = users.describe(name, who);
      return user === null ? [] : [{ name, mechanisms: user.credentials.map((each) => each.mechanism) }];
    });
  },
});

const describeUser = operation({
  id: 'describeUser',
  method: 'get',
  path: '/api/v1/users/:user',
  tag: 'security',
  summary: 'A user, and how its password is hashed.',
  params: named,
  answer: json(userDetails),
  handle: ({ params }, { services, who }) => {
    const found = usersOf(services).describe(params.user, who);
    if (found === null) throw noSuch(params.user);
    return { name: found.name, credentials: found.credentials.map((each) => ({ ...each })) };
  },
});

const createUser = operation({
  id: 'createUser',
  method: 'post',
  path: '/api/v1/users',
  tag: 'security',
  summary: 'Make a user with a password.',
  body: z.strictObject({ name: userName, password }),
  hasSecrets: true,
  answer: json(z.object({ name: userName }), 201),
  errors: ['BROKER_BUSY', 'STORAGE_FULL', 'STORAGE_FAILED'],
  handle: async ({ body }, { services, who }) => {
    const users = usersOf(services);
    if (users.describe(body.name, who) !== null)
      throw new Problem('CONFLICT', `there is a user ${JSON.stringify(body.name)} already`);
    await users.setPassword(body.name, body.password, who);
    return { name: body.name };
  },
});

const setUserPassword = operation({
  id: 'setUserPassword',
  method: 'put',
  path: '/api/v1/users/:user/password',
  tag: 'security',
  summary: 'Give a user another password. Connections that it has go on.',
  params: named,
  body: z.strictObject({ password }),
  hasSecrets: true,
  answer: json(z.object({ name: userName })),
  errors: ['BROKER_BUSY', 'STORAGE_FULL', 'STORAGE_FAILED'],
  handle: async ({ params, body }, { services, who }) => {
    const users = usersOf(services);
    if (users.describe(params.user, who) === null) throw noSuch(params.user);
    await users.setPassword(params.user, body.password, who);
    return { name: params.user };
  },
});

const deleteUser = operation({
  id: 'deleteUser',
  method: 'delete',
  path: '/api/v1/users/:user',
  tag: 'security',
  summary: 'Delete a user. Its connections are served no more; access rules about it stay.',
  params: named,
  answer: json(z.object({ name: userName })),
  errors: ['STORAGE_FULL', 'STORAGE_FAILED'],
  handle: async ({ params }, { services, who }) => {
    if (!(await usersOf(services).remove(params.user, who))) throw noSuch(params.user);
    return { name: params.user };
  },
});

const removeCredential = operation({
  id: 'removeCredential',
  method: 'delete',
  path: '/api/v1/users/:user/credentials/:mechanism',
  tag: 'security',
  summary: 'Take away one way for a user to come in; with the last one the user is gone.',
  params: named.extend({ mechanism }),
  answer: json(z.object({ name: userName, mechanism })),
  errors: ['STORAGE_FULL', 'STORAGE_FAILED'],
  handle: async ({ params: { user, mechanism: taken } }, { services, who }) => {
    if (!(await usersOf(services).removeCredential(user, taken, who))) throw noSuch(user, taken);
    return { name: user, mechanism: taken };
  },
});

export const userOperations = [
  listUsers,
  createUser,
  describeUser,
  setUserPassword,
  deleteUser,
  removeCredential,
] as const;

/** @throws QError INVALID_REQUEST where nobody is asked who they are */
function usersOf({ identities }: Services): NonNullable<Services['identities']>['users'] {
  if (identities !== null) return identities.users;
  throw new QError('INVALID_REQUEST', 'this broker asks nobody who they are, so it has no users');
}

function noSuch(name: string, mechanismName?: string): Problem {
  const what = `user ${JSON.stringify(name)}${mechanismName === undefined ? '' : ` with ${mechanismName}`}`;
  return new Problem('NOT_FOUND', `there is no ${what}`);
}
