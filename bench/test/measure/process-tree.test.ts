import { describe, expect, it } from 'vitest';
import { parsePeakBytes, parseStat, readTree, treeOf } from '../../src/measure/process-tree.ts';
import type { ProcessEntry } from '../../src/measure/process-tree.ts';

// utime 120, stime 30, cutime 7, cstime 3 ticks of 10 ms.
const stat =
  '4711 (a (nasty) name) S 17 4711 4711 0 -1 4194304 10 20 0 0 120 30 7 3 20 0 1 0 555 1000 200 18446744073709551615';

function entry(pid: number, parentPid: number): ProcessEntry {
  return { pid, parentPid, ownSeconds: 0, reapedSeconds: 0 };
}

describe('the tree of processes', () => {
  it('reads a line of the kernel whose command holds spaces and parentheses', () => {
    expect(parseStat(stat)).toEqual({ pid: 4711, parentPid: 17, ownSeconds: 1.5, reapedSeconds: 0.1 });
  });

  it('holds children of children, whatever the order of the list, and nobody else', () => {
    const entries = [entry(40, 30), entry(30, 10), entry(10, 1), entry(20, 10), entry(50, 1), entry(1, 0)];
    expect(
      treeOf(entries, 10)
        .map(({ pid }) => pid)
        .toSorted((a, b) => a - b),
    ).toEqual([10, 20, 30, 40]);
  });

  it('is empty when the process has gone', () => {
    expect(treeOf([entry(20, 10)], 10)).toEqual([]);
  });

  it('takes the peak of resident memory, and none from a process that is ending', () => {
    expect(parsePeakBytes('Name:\tnode\nVmPeak:\t  900 kB\nVmHWM:\t    12 kB\nVmRSS:\t  10 kB\n')).toBe(12 * 1024);
    expect(parsePeakBytes('Name:\tnode\nState:\tZ (zombie)\n')).toBe(0);
  });

  it('finds what this very process uses', async () => {
    const { cpuSeconds, residentPeakBytes } = await readTree(process.pid);
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(residentPeakBytes).toBeGreaterThan(1 << 20);
  });
});
