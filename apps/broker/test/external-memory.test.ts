import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { externalMemoryFlags, relaxExternalMemory } from '../src/external-memory.ts';

describe('externalMemoryFlags', () => {
  it('Z1 names only flags that this Node knows, so that nothing complains at start', () => {
    const flags = externalMemoryFlags(process.versions.node);
    const known = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' }).stdout;
    for (const flag of flags) expect(known).toContain(flag.split('=')[0]);
    expect(flags).toHaveLength(process.versions.node.startsWith('26.') ? 2 : 0);
  });

  it('asks nothing of a release that was not measured', () => {
    expect([externalMemoryFlags('24.11.0'), externalMemoryFlags('27.0.0')]).toEqual([[], []]);
    expect(externalMemoryFlags('26.10.0')).toHaveLength(2);
  });
});

describe('relaxExternalMemory', () => {
  it('Z1 counts memory that it does not take, once, and only for the release that was measured', () => {
    const before = process.memoryUsage();
    relaxExternalMemory();
    relaxExternalMemory();
    const after = process.memoryUsage();
    const MiB = 1 << 20;
    expect(Math.round((after.arrayBuffers - before.arrayBuffers) / MiB)).toBe(
      process.versions.node.startsWith('26.') ? 64 : 0,
    );
    expect(after.rss - before.rss).toBeLessThan(16 * MiB);
  });
});
