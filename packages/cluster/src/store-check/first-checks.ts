import type { StoreFault } from '../object-store/object-store.ts';
import { failedCheck, hasBytes, passed, shownResult } from './probe.ts';
import type { Probe } from './probe.ts';
import type { StoreFinding } from './store-report.ts';

const first = Buffer.from('the first');
const second = Buffer.from('the second');
const firstName = 'first';

/** Whether anything can be stored at all. */
export async function checkReach(probe: Probe): Promise<StoreFinding> {
  const name = probe.name(firstName);
  const result = await probe.store.create(name, first, probe.call);
  if (result.outcome === 'created') {
    probe.made.set(name, first);
    return passed('reach', 'it takes objects');
  }
  if (result.outcome === 'taken')
    return failedCheck('reach', 'it says that a name is taken which nobody can have used before');
  if (result.outcome === 'refused') probe.made.delete(name);
  return failedCheck('reach', `it does not take an object: ${result.fault.message}${adviceOn(result.fault)}`);
}

function adviceOn({ kind }: StoreFault): string {
  if (kind === 'denied') return '; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile of ~/.aws';
  if (kind === 'no_store') return '; make the bucket first';
  if (kind === 'unreachable') return '; is the address right?';
  if (kind === 'rejected') return '; if it refuses checksums, add checksums=off to the URL';
  return '';
}

/** Whether a name that is taken stays so, with nobody else around. */
export async function checkCreateOnce(probe: Probe): Promise<StoreFinding> {
  const name = probe.name(firstName);
  probe.made.set(name, first);
  for (const body of [second, first]) {
    const again = await probe.store.create(name, body, probe.call);
    if (again.outcome === 'created')
      return failedCheck(
        'create once',
        'it creates a name twice: it ignores "If-None-Match: *", and two brokers would lead one partition',
      );
    if (again.outcome !== 'taken')
      return failedCheck('create once', `it answers ${shownResult(again)} for a name that is taken, not 'taken'`);
  }
  const found = await probe.store.get(name, probe.call);
  if (hasBytes(found, first)) return passed('create once', 'a name that is taken stays taken, with its bytes');
  return failedCheck('create once', `it has other bytes under a name than those it was created with`);
}

/** Whether it knows what is there, and what is not. */
export async function checkRead(probe: Probe): Promise<StoreFinding> {
  const absent = await probe.store.get(probe.name('absent'), probe.call);
  if (absent.outcome === 'failed' && absent.fault.kind === 'denied')
    return failedCheck(
      'read',
      `it does not say that a name is free (${absent.fault.message}); allow s3:ListBucket, too`,
    );
  if (absent.outcome !== 'absent')
    return failedCheck('read', `it answers ${shownResult(absent)} for a name that nobody has created, not 'absent'`);
  const name = probe.name('empty');
  const empty = Buffer.alloc(0);
  const created = await probe.store.create(name, empty, probe.call);
  const found = await probe.store.get(name, probe.call);
  if (created.outcome === 'created' && hasBytes(found, empty))
    return passed('read', 'what is created is there at once, and nothing else is');
  return failedCheck(
    'read',
    `it answers ${shownResult(found)} for an object without bytes that was ${created.outcome}`,
  );
}
