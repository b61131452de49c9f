/*
 * What a program costs with all its children. A child that has ended is in the `cutime` and `cstime` of the parent that
 * waited for it, so a tree's processor time is the sum over those that live, each with what it reaped.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';

export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** User and system, its own. */
  readonly ownSeconds: number;
  /** Of the children that it waited for, and of theirs. */
  readonly reapedSeconds: number;
}

export interface TreeUsage {
  readonly cpuSeconds: number;
  /** The sum of each living process's own peak; they need not have had it at the same time. */
  readonly residentPeakBytes: number;
}

// USER_HZ, the unit of /proc/<pid>/stat, is 100 on every Linux that Node runs on.
const ticksPerSecond = 100;
/** Written to /proc/<pid>/clear_refs: the peak of resident memory starts again from what is resident now. */
const resetPeakCode = '5';

/** @param stat the text of /proc/<pid>/stat */
export function parseStat(stat: string): ProcessEntry {
  // The command name, in parentheses, may hold spaces and parentheses: fields are counted from behind the last one.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  // ppid, utime, stime, cutime and cstime are fields 4, 14, 15, 16 and 17 of the line.
  const [parentPid, user, system, reapedUser, reapedSystem] = [
    fields[1]!,
    fields[11]!,
    fields[12]!,
    fields[13]!,
    fields[14]!,
  ];
  return {
    pid: Number.parseInt(stat, 10),
    parentPid,
    ownSeconds: (user + system) / ticksPerSecond,
    reapedSeconds: (reapedUser + reapedSystem) / ticksPerSecond,
  };
}

/** The process and all below it, as far as they are in the list. */
export function treeOf(entries: readonly ProcessEntry[], rootPid: number): ProcessEntry[] {
  const children = Map.groupBy(entries, ({ parentPid }) => parentPid);
  const found = entries.filter(({ pid }) => pid === rootPid);
  // The list grows while it is walked: children of children follow.
  for (const { pid } of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** @param status the text of /proc/<pid>/status; a process that is just ending has no memory any more, which is 0 */
export function parsePeakBytes(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

export async function readTree(rootPid: number): Promise<TreeUsage> {
  const tree = await listTree(rootPid);
  const peaks = await Promise.all(
    tree.map(async ({ pid }) => parsePeakBytes((await readIfThere(`/proc/${pid}/status`)) ?? '')),
  );
  return {
    cpuSeconds: tree.reduce((sum, { ownSeconds, reapedSeconds }) => sum + ownSeconds + reapedSeconds, 0),
    residentPeakBytes: peaks.reduce((sum, bytes) => sum + bytes, 0),
  };
}

/** From now on, the tree's peaks count from what is resident now. */
export async function resetPeaks(rootPid: number): Promise<void> {
  for (const { pid } of await listTree(rootPid)) {
    try {
      await writeFile(`/proc/${pid}/clear_refs`, resetPeakCode);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
}

/** Processor seconds of all children of this process that have ended. */
export async function readReapedSeconds(): Promise<number> {
  return parseStat(await readFile('/proc/self/stat', 'utf8')).reapedSeconds;
}

async function listTree(rootPid: number): Promise<ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readIfThere(`/proc/${pid}/stat`)));
  return treeOf(stats.filter((stat) => stat !== null).map(parseStat), rootPid);
}

/** Null for a process that ended since it was listed. */
async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
}
