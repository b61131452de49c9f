import { scramCredential } from '@q/protocol';
import { ManualClock } from '@q/testkit';
import { describe, expect, it } from 'vitest';
import { LogMetadataStore } from '../../../src/metadata/log-metadata-store.ts';
import type { CompareAndSet } from '../../../src/metadata/metadata-store.ts';
import { UserStore } from '../../../src/services/identity/user-store.ts';
import { FakeLog } from '../../fakes/fake-log.ts';

const salted = { saltedPassword: Buffer.alloc(32, 7), salt: Buffer.alloc(16, 7), iterations: 4_096 };
const credential = scramCredential('SCRAM-SHA-256', salted);

describe('A1 stored users', () => {
  it('A1, SEC-7: whoever is removed is on a full disk, too, and so is another password; a new user waits for room', async () => {
    const metadata = await LogMetadataStore.open(new FakeLog(), new ManualClock());
    const changes: [key: string, isVital: boolean][] = [];
    const compareAndSet = metadata.compareAndSet.bind(metadata);
    metadata.compareAndSet = (change: CompareAndSet) => {
      changes.push([change.key, change.isVital === true]);
      return compareAndSet(change);
    };
    const users = await UserStore.open(metadata);
    await users.setCredential('alice', 'SCRAM-SHA-256', credential);
    await users.setCredential('bob', 'SCRAM-SHA-256', credential);
    await users.setCredential('alice', 'SCRAM-SHA-256', { ...credential, iterations: 8_192 });
    await users.remove('alice');
    await users.removeCredential('bob', 'SCRAM-SHA-256');
    expect(changes).toEqual([
      ['users/alice', false],
      ['users/bob', false],
      ['users/alice', true],
      ['users/alice', true],
      ['users/bob', true],
    ]);
  });
});
