import { readFile } from 'node:fs/promises';

/** What the kernel says about a process. */
export interface Usage {
  /** Seconds of processor time, user and system, since the process began. */
  readonly cpuSeconds: number;
  /** Resident bytes now. */
  readonly residentBytes: number;
  /** The most resident bytes it ever had. */
  readonly residentPeakBytes: number;
}

/** What a process used between two moments, and the peak of its whole life. */
export interface ProcessCost {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly residentPeakBytes: number;
}

// USER_HZ, the unit of /proc/<pid>/stat, is 100 on every Linux that Node runs on.
const ticksPerSecond = 100;

export async function readUsage(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/status`, 'utf8')]);
  // The command name, in parentheses, may hold spaces: fields are counted from behind it. utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    residentBytes: statusBytes(status, 'VmRSS'),
    residentPeakBytes: statusBytes(status, 'VmHWM'),
  };
}

export function costBetween(name: string, before: Usage, after: Usage): ProcessCost {
  return { name, cpuSeconds: after.cpuSeconds - before.cpuSeconds, residentPeakBytes: after.residentPeakBytes };
}

function statusBytes(status: string, field: string): number {
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/<pid>/status has no ${field}`);
  return Number(kibibytes) * 1024;
}
