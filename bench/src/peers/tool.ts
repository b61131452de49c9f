import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { readReapedSeconds, readTree } from '../measure/process-tree.ts';
import { limits } from './limits.ts';
import { OutputTail } from './output-tail.ts';

/** A program to run, with what it needs to find its libraries. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
}

/** What a load tool used from its start to its end, its children included. */
export interface ClientCost {
  readonly cpuSeconds: number;
  readonly elapsedSeconds: number;
  readonly residentPeakBytes: number;
}

export interface ToolRun {
  /** The last part of what it wrote to both of its outputs. */
  readonly output: string;
  readonly cost: ClientCost;
}

/**
 * Runs a program to its end. Only one at a time may run: its processor time is what the ended children of this process
 * have used since it began.
 *
 * @throws when it fails or takes longer than `limits.toolTimeoutMs`; the message holds its last words
 */
export async function runTool({ program, args, env, folder }: Command): Promise<ToolRun> {
  const reapedBefore = await readReapedSeconds();
  const startMs = performance.now();
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limits.toolTimeoutMs,
    killSignal: 'SIGKILL',
  });
  const tail = new OutputTail();
  child.stdout.on('data', (chunk: Buffer) => tail.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => tail.push(chunk));
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const watching = new AbortController();
  const peak = watchPeak(child.pid, watching.signal);
  const [code, signal] = await ended.finally(() => watching.abort());
  const residentPeakBytes = await peak;
  if (code !== 0) throw new Error(`${program} ended with ${signal ?? code}:\n${tail.text}`);
  const elapsedSeconds = (performance.now() - startMs) / 1000;
  const cpuSeconds = (await readReapedSeconds()) - reapedBefore;
  return { output: tail.text, cost: { cpuSeconds, elapsedSeconds, residentPeakBytes } };
}

/**
 * A peak never falls, so that only what was added after the last look is missed. No pid: the program could not be
 * started.
 */
async function watchPeak(pid: number | undefined, signal: AbortSignal): Promise<number> {
  let peakBytes = 0;
  while (pid !== undefined && !signal.aborted) {
    peakBytes = Math.max(peakBytes, (await readTree(pid)).residentPeakBytes);
    await delay(limits.peakLookMs, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
  return peakBytes;
}
