import { afterEach, expect, expectTypeOf, it, vi } from 'vitest';
import type { hc } from 'hono/client';
import type { AdminApi } from '../src/index.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('O2 Q1 the start example asks for statistics', async () => {
  const printed: unknown[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(line));
  await import('../examples/start.ts');
  expect(printed).toEqual([expect.objectContaining({ status: 'ready', durability: 'memory' })]);
});

it('O2 Q1 the example of the typed client makes a topic', async () => {
  const printed: unknown[] = [];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(line));
  await import('../examples/typed-client.ts');
  expect(printed).toEqual(['orders has 3 partitions']);
});

it('O2 the client knows what each operation takes and gives', () => {
  type Client = ReturnType<typeof hc<AdminApi>>['api']['v1'];
  type ListTopics = Client['topics']['$get'];
  expectTypeOf<{ query: { limit: string } }>().toExtend<NonNullable<Parameters<ListTopics>[0]>>();
  type Listed = Awaited<ReturnType<Awaited<ReturnType<ListTopics>>['json']>>;
  expectTypeOf<Listed['topics'][number]['messages']>().toEqualTypeOf<number>();
  type Seek = Client['groups'][':group']['seek']['$post'];
  expectTypeOf<Parameters<Seek>[0]['param']>().toExtend<{ group: string }>();
});
