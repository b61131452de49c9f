import { readFile } from 'node:fs/promises';

/** What the kernel says about a process. */
export interface Usage {
  /** Seconds of processor time, user and system, since the process began. */
  readonly cpuSeconds: number;
  /** Resident bytes now. */
  readonly residentBytes: number;
  /** The most resident bytes it ever had. */
  readonly residentPeakBytes: number;
  /** Bytes that its read calls have returned, of files - in the page cache or not - and of sockets. */
  readonly readBytes: number;
}

/** What a process used between two moments, and the peak of its whole life. */
export interface ProcessCost {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly residentPeakBytes: number;
  readonly readBytes: number;
}

// USER_HZ, the unit of /proc/<pid>/stat, is 100 on every Linux that Node runs on.
const ticksPerSecond = 100;

export async function readUsage(pid: number): Promise<Usage> {
  const [stat, status, io] = await Promise.all(
    ['stat', 'status', 'io'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')),
  );
  // The command name, in parentheses, may hold spaces: fields are counted from behind it. utime and stime are 14 and
  // 15.
  const fields = stat!.slice(stat!.lastIndexOf(')') + 2).split(' ');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    residentBytes: 1024 * numberOf(status!, /^VmRSS:\s+(\d+) kB$/m),
    residentPeakBytes: 1024 * numberOf(status!, /^VmHWM:\s+(\d+) kB$/m),
    readBytes: numberOf(io!, /^rchar: (\d+)$/m),
  };
}

export function costBetween(name: string, before: Usage, after: Usage): ProcessCost {
  return {
    name,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    residentPeakBytes: after.residentPeakBytes,
    readBytes: after.readBytes - before.readBytes,
  };
}

function numberOf(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`/proc/<pid> has nothing like ${pattern.source}`);
  return Number(found);
}
