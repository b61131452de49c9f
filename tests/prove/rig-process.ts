import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RigReport } from '@q/testkit';
import type { Job } from './proof-rigs.ts';

const rigProgram = fileURLToPath(new URL('../rig.ts', import.meta.url));
/** For a rig to let go of its mounts once it is told to end. */
const endGraceMs = 15_000;
const lastWordsCharacters = 500;

export interface RigProcessOptions {
  /** Ends the rig, with everything that it started. */
  readonly signal: AbortSignal;
  /** Folder for its temporary files; the caller removes it. */
  readonly temporary: string;
}

/** Runs a rig in a process of its own. One that ends without a report is a failure, with what it said last. */
export async function runRig(job: Job, { signal, temporary }: RigProcessOptions): Promise<readonly RigReport[]> {
  if (signal.aborted) return [withoutReport(job, `was not begun: ${String(signal.reason)}`)];
  const env = { ...process.env, NODE_OPTIONS: '', TMPDIR: temporary };
  // A group of its own, so that brokers and helpers can be ended with it.
  const child = spawn(process.execPath, ['--conditions=@q/source', rigProgram, job.rig, ...job.args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env,
  });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const closed = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  const end = (): void => endGroup(child, closed);
  signal.addEventListener('abort', end);
  try {
    await closed;
  } finally {
    signal.removeEventListener('abort', end);
  }
  try {
    return JSON.parse(output.join('')) as readonly RigReport[];
  } catch (error) {
    const why = signal.aborted ? `was ended: ${String(signal.reason)}` : `gave no report (${String(error)})`;
    return [withoutReport(job, `${why}; its last words: ${errors.join('').slice(-lastWordsCharacters) || 'none'}`)];
  }
}

function endGroup(child: ChildProcess, closed: Promise<void>): void {
  signalGroup(child, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), endGraceMs);
  void closed.finally(() => clearTimeout(timer));
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    // It has just ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function withoutReport({ rig, args }: Job, why: string): RigReport {
  const replay = `node --conditions=@q/source tests/rig.ts ${rig} ${args.join(' ')}`;
  return { rig, runs: 0, seeds: [], failures: [{ seed: 0, message: `the rig ${why}`, replay }], seconds: 0 };
}
