import { crc32c } from '@q/protocol';
import type { CallOptions, CreateResult, ObjectPart, ObjectStore, RangeResult } from '../object-store/object-store.ts';
import { failedCheck, hasBytes, passed, shownResult, warned } from './probe.ts';
import type { Probe } from './probe.ts';
import type { StoreFinding } from './store-report.ts';

/** Whether parts of objects can be read: from the middle, over the end, beyond it, and from behind. */
export async function checkParts(probe: Probe): Promise<StoreFinding> {
  const name = probe.name('parts');
  const body = Buffer.from('0123456789');
  const created = await probe.store.create(name, body, probe.call);
  if (created.outcome !== 'created') return failedCheck('parts', `it takes no object: ${shownResult(created)}`);
  probe.made.set(name, body);
  const parts: readonly (readonly [ObjectPart, string | null])[] = [
    [{ position: 2, length: 3 }, '234'],
    [{ position: 8, length: 9 }, '89'],
    [{ position: 10, length: 1 }, null],
    [{ lastBytes: 4 }, '6789'],
  ];
  for (const [part, bytes] of parts) {
    const result = await probe.store.range(name, part, probe.call);
    if (!isPart(result, bytes))
      return failedCheck(
        'parts',
        `it answers ${shownResult(result)} for ${shownPart(part)} of an object of 10 bytes, not ${bytes === null ? "'beyond'" : 'those bytes'}`,
      );
  }
  return passed('parts', 'it gives parts: inside, over the end, and from behind');
}

function isPart(result: RangeResult, bytes: string | null): boolean {
  if (bytes === null) return result.outcome === 'beyond';
  return result.outcome === 'found' && result.bytes.toString() === bytes && result.sizeBytes === 10;
}

function shownPart(part: ObjectPart): string {
  return 'lastBytes' in part
    ? `the last ${part.lastBytes} bytes`
    : `${part.length} bytes from position ${part.position}`;
}

/** A store that can be sent a checksum that is wrong. */
interface ChecksumStore {
  createWithChecksum(
    name: string,
    body: Buffer,
    options: CallOptions & { readonly checksum: number },
  ): Promise<CreateResult>;
}

/** Whether what is damaged on its way is refused. */
export async function checkChecksum(probe: Probe): Promise<StoreFinding> {
  const { store } = probe;
  if (!hasChecksums(store))
    return {
      check: 'checksum',
      verdict: 'skipped',
      said: 'it is sent no checksums',
    };
  const body = Buffer.from('these bytes');
  const options = { ...probe.call, checksum: crc32c(body) ^ 1 };
  const result = await store.createWithChecksum(probe.name('checksum'), body, options);
  if (result.outcome === 'refused') return passed('checksum', 'it refuses an object whose checksum is wrong');
  if (result.outcome === 'created') return warned('checksum', 'it looks at no checksum: damage shows when it is read');
  return warned('checksum', `it answers ${shownResult(result)} for an object whose checksum is wrong`);
}

function hasChecksums(store: ObjectStore): store is ObjectStore & ChecksumStore {
  return 'createWithChecksum' in store && 'hasChecksums' in store && store.hasChecksums === true;
}

/** How often a list is asked for once more before a name counts as missing. */
const listTriesMax = 5;

/** Whether names are found by their beginning; only what nobody needs any more is looked for like this. */
export async function checkList(probe: Probe): Promise<StoreFinding> {
  const names = ['list-a', 'list-b', 'list-c'].map((what) => probe.name(what));
  for (const name of names) await probe.store.create(name, Buffer.from(name), probe.call);
  for (let tries = 1; ; tries += 1) {
    const listed = await probe.store.list(`${probe.prefix}list-`, probe.call);
    if (listed.outcome === 'failed') return failedCheck('list', `it lists no names: ${listed.fault.message}`);
    if (listed.names.join() === names.join()) return passed('list', 'it lists names by their beginning, in order');
    if (tries < listTriesMax) continue;
    return warned('list', `it lists ${listed.names.length} of ${names.length} names: what it leaves out stays`);
  }
}

/** Whether a name can be given away, and used again. */
export async function checkDelete(probe: Probe): Promise<StoreFinding> {
  const name = probe.name('deleted');
  await probe.store.create(name, Buffer.from('before'), probe.call);
  const deleted = await probe.store.delete(name, probe.call);
  if (deleted.outcome !== 'deleted') return failedCheck('delete', `it deletes nothing: ${shownResult(deleted)}`);
  const gone = await probe.store.get(name, probe.call);
  if (gone.outcome !== 'absent')
    return failedCheck('delete', `it answers ${shownResult(gone)} for what was deleted, not 'absent'`);
  const after = Buffer.from('after');
  const created = await probe.store.create(name, after, probe.call);
  if (created.outcome !== 'created' || !hasBytes(await probe.store.get(name, probe.call), after))
    return failedCheck('delete', `it answers ${shownResult(created)} where a deleted name is created again`);
  probe.made.set(name, after);
  return passed('delete', 'what is deleted is gone, and its name is free');
}

/** Whether everything is as it was created, after all that has happened. */
export async function checkBytesStay(probe: Probe): Promise<StoreFinding> {
  let count = 0;
  for (const [name, bytes] of probe.made) {
    if (bytes === null) continue;
    const found = await probe.store.get(name, probe.call);
    if (!hasBytes(found, bytes)) {
      const shown = found.outcome === 'found' ? 'other bytes' : shownResult(found);
      return failedCheck('bytes stay', `it has ${shown} under a name, not the bytes that it had at first`);
    }
    count += 1;
  }
  return passed('bytes stay', `${count} objects have the bytes that they were created with`);
}
