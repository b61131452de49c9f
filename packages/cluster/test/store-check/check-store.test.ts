import { nodeClock } from '@q/storage';
import { ManualClock, seededRandom } from '@q/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryBucket } from '../../src/object-store/memory/memory-bucket.ts';
import { MemoryObjectStore } from '../../src/object-store/memory/memory-object-store.ts';
import { calmStore } from '../../src/object-store/memory/weather.ts';
import { openObjectStore } from '../../src/object-store/open-object-store.ts';
import { checkStore } from '../../src/store-check/check-store.ts';
import type { StoreReport } from '../../src/store-check/store-report.ts';
import { refuse, SmallS3 } from '../object-store/s3/small-s3.ts';
import type { Wrongs } from '../object-store/s3/small-s3.ts';

const few = { clock: nodeClock, id: 'test', smallRaces: 4, largeRaces: 1 };
let server: SmallS3;

beforeEach(async () => {
  server = await SmallS3.start();
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'key-id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-key');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server[Symbol.asyncDispose]();
});

async function checkWith(wrongs: Wrongs): Promise<StoreReport> {
  server.wrongs = wrongs;
  await using store = openObjectStore(`s3://bucket/q?endpoint=${server.endpoint}`, { clock: nodeClock });
  return await checkStore(store, few);
}

describe('a look at a store that is right', () => {
  it('B7 finds nothing wrong, and leaves nothing behind', async () => {
    const report = await checkWith({});
    expect(report).toMatchObject({ isFit: true, fault: null, leftBehind: 0 });
    expect(report.findings.map(({ check, verdict }) => `${check}: ${verdict}`)).toEqual([
      'reach: passed',
      'create once: passed',
      'read: passed',
      'races, small: passed',
      'races, 1 MiB: passed',
      'parts: passed',
      'checksum: passed',
      'list: passed',
      'delete: passed',
      'bytes stay: passed',
    ]);
    expect(report.latencies.map(({ sizeBytes, count }) => [sizeBytes, count])).toEqual([
      [65_536, 20],
      [1_048_576, 10],
    ]);
    expect([...server.objects.keys()]).toEqual([]);
  });

  it('B7 is content with memory, in full', async () => {
    const clock = new ManualClock();
    const store = new MemoryObjectStore(new MemoryBucket({ clock, next: () => 0 }), { clock });
    const report = await checkStore(store, { clock, id: 'test' });
    expect(report).toMatchObject({ isFit: true, store: 'memory:' });
    expect(report.findings.find(({ check }) => check === 'races, small')?.said).toBe(
      'one winner in each of 48 races of 8',
    );
  });

  it('B7 forgives answers that are lost', async () => {
    const [clock, random] = [new ManualClock(), seededRandom(11)];
    const weather = { ...calmStore, answersLost: 0.02 };
    const bucket = new MemoryBucket({ clock, next: () => random.next(), weather });
    const store = new MemoryObjectStore(bucket, { clock });
    const checks = Array.from({ length: 10 }, (_, n) => checkStore(store, { clock, id: `t${n}`, smallRaces: 40 }));
    const done = Promise.all(checks);
    for (let n = 0; n < 400; n += 1) await clock.advance(1_000);
    // What else an answer decides fails without it; a race never does.
    const races = (await done).flatMap(({ findings }) => findings.filter(({ check }) => check.startsWith('races')));
    expect(races.length).toBeGreaterThan(5);
    expect(races.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
  });
});

describe('a look at a store that is wrong', () => {
  it.each<[string, Wrongs, string, RegExp]>([
    [
      'ignores the condition',
      { condition: 'ignored' },
      'create once',
      /^it creates a name twice: it ignores "If-None-Match: \*"/,
    ],
    [
      'checks the condition too early',
      { condition: 'raced' },
      'races, small',
      /^it creates a name twice: of 8 who create one at once, \d are told/,
    ],
    [
      'gives the whole object for a part',
      { ignoresRanges: true },
      'parts',
      /asked for bytes=2-4 and gave the whole object/,
    ],
    ['keeps what was deleted', { keepsDeleted: true }, 'delete', /answers 'found' for what was deleted, not 'absent'/],
    [
      'has no bucket',
      { answer: (_, response) => refuse(response, 404, 'NoSuchBucket') },
      'reach',
      /404 NoSuchBucket.*; make the bucket first$/,
    ],
    [
      'refuses',
      { answer: (_, response) => refuse(response, 403, 'AccessDenied') },
      'reach',
      /403 AccessDenied.*AWS_ACCESS_KEY_ID/,
    ],
    [
      'does nothing',
      { answer: (_, response) => refuse(response, 501, 'NotImplemented') },
      'reach',
      /501 NotImplemented/,
    ],
  ])('B7 says of one that %s what it did', async (_, wrongs, check, fault) => {
    const report = await checkWith(wrongs);
    expect(report).toMatchObject({ isFit: false, fault: expect.stringMatching(fault) });
    expect(report.findings.at(-1)).toMatchObject({ check, verdict: 'failed' });
    expect(report.fault).not.toMatch(/\n|\.[ ;]/);
    expect(report.leftBehind > 0).toBe(wrongs.keepsDeleted === true);
  });

  it('B7 cleans up after a failure, too', async () => {
    await checkWith({ condition: 'raced' });
    expect([...server.objects.keys()]).toEqual([]);
  });

  it('B7 warns of one that looks at no checksum, or lists nothing', async () => {
    const unchecked = await checkWith({ ignoresChecksums: true });
    expect(unchecked).toMatchObject({ isFit: true });
    expect(unchecked.findings).toContainEqual(expect.objectContaining({ check: 'checksum', verdict: 'warned' }));
    const unlisted = await checkWith({ listsNothing: true });
    expect(unlisted.findings).toContainEqual(expect.objectContaining({ check: 'list', verdict: 'warned' }));
  });
});

describe('a look at a store that hangs', () => {
  it('B7 ends in time', async () => {
    const clock = new ManualClock();
    const store = new MemoryObjectStore(new MemoryBucket({ clock, next: () => 0 }), { clock });
    store.passage = 'closed';
    const done = checkStore(store, { clock, id: 'test' });
    await clock.advance(60_000);
    expect(await done).toMatchObject({ isFit: false, fault: expect.stringContaining('no answer within 30000 ms') });
  });

  it('B7 ends when it is told to', async () => {
    const clock = new ManualClock();
    const store = new MemoryObjectStore(new MemoryBucket({ clock, next: () => 0 }), { clock });
    const report = await checkStore(store, { clock, id: 'test', signal: AbortSignal.abort() });
    expect(report).toMatchObject({ isFit: false, fault: expect.stringContaining('not looked at to the end') });
  });
});
