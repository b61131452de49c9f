import { beforeEach, expect, it } from 'vitest';
import { clusterLimits } from '../../src/limits.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';

const call = { timeoutMs: 20_000 };
const bytesOf = (text: string): Buffer => Buffer.from(text);

/** What every object store does. `open` gives one that is empty, and stays open until the test has ended. */
export function objectStoreConformance(open: () => Promise<ObjectStore>): void {
  let store: ObjectStore;
  beforeEach(async () => {
    store = await open();
  });

  createConformance(() => store);
  rangeConformance(() => store);
  listConformance(() => store);
  callConformance(() => store);
}

function createConformance(store: () => ObjectStore): void {
  it('creates a name once, and gives its bytes back', async () => {
    expect(await store().create('s/1', bytesOf('one'), call)).toEqual({ outcome: 'created' });
    expect(await store().create('s/1', bytesOf('two'), call)).toEqual({ outcome: 'taken' });
    expect(await store().get('s/1', call)).toEqual({ outcome: 'found', bytes: bytesOf('one') });
  });

  it('has one winner among many who create a name at once, and its bytes stay', async () => {
    const bodies = Array.from({ length: 8 }, (_, index) => Buffer.alloc(70_000, index + 1));
    const results = await Promise.all(bodies.map((body) => store().create('race/1', body, call)));
    const winners = results.flatMap(({ outcome }, index) => (outcome === 'created' ? [index] : []));
    expect(winners).toHaveLength(1);
    expect(results.filter(({ outcome }) => outcome === 'taken' || outcome === 'unknown')).toHaveLength(7);
    const found = await store().get('race/1', call);
    expect(found.outcome === 'found' && found.bytes.equals(bodies[winners[0]!]!)).toBe(true);
  });

  it('takes the bytes of the call, and gives bytes that nobody else has', async () => {
    const body = bytesOf('before');
    await store().create('s/2', body, call);
    body.fill('x');
    const first = await store().get('s/2', call);
    if (first.outcome === 'found') first.bytes.fill('y');
    expect(await store().get('s/2', call)).toEqual({ outcome: 'found', bytes: bytesOf('before') });
  });

  it('stores an object without bytes', async () => {
    expect(await store().create('s/empty', Buffer.alloc(0), call)).toEqual({ outcome: 'created' });
    expect(await store().create('s/empty', bytesOf('x'), call)).toEqual({ outcome: 'taken' });
    expect(await store().get('s/empty', call)).toEqual({ outcome: 'found', bytes: Buffer.alloc(0) });
    expect(await store().range('s/empty', { position: 0, length: 1 }, call)).toEqual({ outcome: 'beyond' });
  });

  it('knows what is absent, and lets a deleted name be created again', async () => {
    expect(await store().get('s/none', call)).toEqual({ outcome: 'absent' });
    expect(await store().range('s/none', { position: 0, length: 1 }, call)).toEqual({ outcome: 'absent' });
    expect(await store().delete('s/none', call)).toEqual({ outcome: 'deleted' });
    await store().create('s/3', bytesOf('one'), call);
    expect(await store().delete('s/3', call)).toEqual({ outcome: 'deleted' });
    expect(await store().get('s/3', call)).toEqual({ outcome: 'absent' });
    expect(await store().create('s/3', bytesOf('two'), call)).toEqual({ outcome: 'created' });
    expect(await store().get('s/3', call)).toEqual({ outcome: 'found', bytes: bytesOf('two') });
  });
}

function rangeConformance(store: () => ObjectStore): void {
  it('gives parts of an object, cut where it ends', async () => {
    await store().create('s/part', bytesOf('0123456789'), call);
    const found = { outcome: 'found', sizeBytes: 10 };
    const range = store().range.bind(store(), 's/part');
    expect(await range({ position: 2, length: 3 }, call)).toEqual({ ...found, bytes: bytesOf('234'), position: 2 });
    expect(await range({ position: 8, length: 9 }, call)).toEqual({ ...found, bytes: bytesOf('89'), position: 8 });
    expect(await range({ position: 9, length: 1 }, call)).toEqual({ ...found, bytes: bytesOf('9'), position: 9 });
    expect(await range({ position: 10, length: 1 }, call)).toEqual({ outcome: 'beyond' });
    expect(await range({ position: 99, length: 1 }, call)).toEqual({ outcome: 'beyond' });
    expect(await range({ lastBytes: 4 }, call)).toEqual({ ...found, bytes: bytesOf('6789'), position: 6 });
    expect(await range({ lastBytes: 40 }, call)).toEqual({ ...found, bytes: bytesOf('0123456789'), position: 0 });
  });
}

function listConformance(store: () => ObjectStore): void {
  it('lists names by their beginning, in order, in pages', async () => {
    const names = ['c/1', 's/0a/1', 's/0a/2', 's/0b/1', 's/0b_', 's/0b-x', 's/a.tmp'];
    for (const name of names.toReversed()) await store().create(name, bytesOf('x'), call);
    const inOrder = names.toSorted();
    expect(await store().list('', call)).toEqual({ outcome: 'listed', names: inOrder, isMore: false });
    expect(await store().list('s/0a', call)).toMatchObject({ names: ['s/0a/1', 's/0a/2'] });
    expect(await store().list('s/0b', call)).toMatchObject({ names: ['s/0b-x', 's/0b/1', 's/0b_'] });
    expect(await store().list('nothing/', call)).toEqual({ outcome: 'listed', names: [], isMore: false });
    const first = await store().list('', { ...call, namesMax: 3 });
    expect(first).toEqual({ outcome: 'listed', names: inOrder.slice(0, 3), isMore: true });
    const rest = await store().list('', { ...call, after: inOrder[2] });
    expect(rest).toEqual({ outcome: 'listed', names: inOrder.slice(3), isMore: false });
  });

  it('takes every name that is allowed', async () => {
    const names = ['a', 'store.json', '0/-/_', `${'d'.repeat(200)}/${'e'.repeat(200)}/${'f'.repeat(78)}`];
    for (const name of names) {
      expect(await store().create(name, bytesOf(name), call)).toEqual({ outcome: 'created' });
      expect(await store().get(name, call)).toEqual({ outcome: 'found', bytes: bytesOf(name) });
    }
    expect(await store().list('', call)).toMatchObject({ names: names.toSorted() });
  });
}

function callConformance(store: () => ObjectStore): void {
  it('refuses what no store can have, before it asks anything', async () => {
    const wrongNames = ['', '/a', 'a/', 'a//b', '.', '../a', 'a/../b', '.hidden', 'A', 'ä', 'a b', 'a\0', 'a\\b'];
    for (const name of [...wrongNames, 'x'.repeat(201), 'x/'.repeat(240) + 'x']) {
      await expect(store().create(name, bytesOf('x'), call)).rejects.toMatchObject({ code: 'INVALID_NAME' });
      await expect(store().get(name, call)).rejects.toMatchObject({ code: 'INVALID_NAME' });
      await expect(store().delete(name, call)).rejects.toMatchObject({ code: 'INVALID_NAME' });
    }
    const wrong = { code: 'INVALID_CALL' };
    await expect(store().get('a', { timeoutMs: 0 })).rejects.toMatchObject(wrong);
    await expect(store().get('a', { timeoutMs: Number.NaN })).rejects.toMatchObject(wrong);
    await expect(store().range('a', { position: -1, length: 1 }, call)).rejects.toMatchObject(wrong);
    await expect(store().range('a', { position: 0, length: 0 }, call)).rejects.toMatchObject(wrong);
    await expect(store().range('a', { lastBytes: 0.5 }, call)).rejects.toMatchObject(wrong);
    await expect(store().list('', { ...call, namesMax: 1_001 })).rejects.toMatchObject(wrong);
    await expect(store().list('A', call)).rejects.toMatchObject({ code: 'INVALID_NAME' });
    const tooLarge = Buffer.alloc(clusterLimits.objectBytesMax + 1);
    await expect(store().create('a', tooLarge, call)).rejects.toMatchObject(wrong);
  });

  it('does nothing for who has given up already', async () => {
    const options = { ...call, signal: AbortSignal.abort() };
    expect(await store().create('s/4', bytesOf('x'), options)).toMatchObject({
      outcome: 'refused',
      fault: { kind: 'aborted' },
    });
    const failed = { outcome: 'failed', fault: { kind: 'aborted' } };
    expect(await store().get('s/4', options)).toMatchObject(failed);
    expect(await store().list('', options)).toMatchObject(failed);
    expect(await store().get('s/4', call)).toEqual({ outcome: 'absent' });
  });

  it('takes no calls once it is closed', async () => {
    await store().close();
    await store().close();
    await expect(store().get('a', call)).rejects.toMatchObject({ code: 'CLOSED' });
  });
}
