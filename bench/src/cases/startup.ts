import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Sample } from '../case.ts';
import { readUsage } from '../measure/process-usage.ts';
import { startProductBroker, temporaryFolder } from '../product/broker.ts';
import { brokerMain, commandMain } from '../product/build.ts';
import type { RunContext } from '../run-context.ts';

/** Long enough for the garbage of the start to be collected and for background work to have run. */
const idleMs = 3000;

/** What a person waits for, and what an idle broker costs. The "ceiling" of a start is Node with an empty program. */
export function startupCases(context: RunContext): Case[] {
  const node = (): Promise<Sample> => runToEnd(['--eval', '0']);
  return [
    {
      name: 'broker, empty folder, to /readyz',
      group: 'start',
      unit: 'ms',
      better: 'lower',
      rounds: context.profile.startRounds,
      estimate: { prepareMs: 0, runMs: 150 },
      variants: [
        { name: 'ceiling', run: node },
        { name: 'product', run: () => startToReady(context) },
      ],
    },
    {
      name: 'q --help',
      group: 'start',
      unit: 'ms',
      better: 'lower',
      rounds: context.profile.startRounds,
      estimate: { prepareMs: 0, runMs: 150 },
      variants: [
        { name: 'ceiling', run: node },
        { name: 'product', run: () => runToEnd([commandMain, '--help']) },
      ],
    },
    {
      name: 'idle broker, resident',
      group: 'memory',
      unit: 'MB',
      better: 'lower',
      // It hardly varies.
      rounds: 1,
      estimate: { prepareMs: 0, runMs: idleMs + 500 },
      variants: [{ name: 'product', run: () => idleMemory(context) }],
    },
  ];
}

async function runToEnd(args: readonly string[]): Promise<Sample> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`);
  return { value: performance.now() - startMs };
}

/** `flags`: for what the broker is to be told beyond its ports and its folder. */
export async function startToReady(context: RunContext, flags: readonly string[] = []): Promise<Sample> {
  await using folder = await temporaryFolder(context.directory);
  const [port, adminPort] = [await freePort(), await freePort()];
  const ports = ['--port', String(port), '--admin-port', String(adminPort), '--kafka-port', '0'];
  const args = [brokerMain, ...ports, '--data-dir', folder.path, ...flags];
  const startMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  try {
    while (!(await isReady(adminPort))) {
      if (child.exitCode !== null) throw new Error(`the broker ended with ${child.exitCode}`);
      if (performance.now() - startMs > context.profile.runTimeoutMs)
        throw new Error('the broker did not become ready');
    }
    return { value: performance.now() - startMs };
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

export async function idleMemory(context: RunContext, flags: readonly string[] = []): Promise<Sample> {
  await using folder = await temporaryFolder(context.directory);
  await using broker = await startProductBroker(folder.path, { flags });
  await sleep(idleMs);
  const usage = await readUsage(broker.pid);
  return {
    value: usage.residentBytes / 1e6,
    details: { peakMB: usage.residentPeakBytes / 1e6, startMs: broker.startMs },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port, path: '/readyz', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}
