import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { limits } from './limits.ts';
import { OutputTail } from './output-tail.ts';
import type { Command } from './tool.ts';

/** A peer's server. It is ready when it says so, and ends with disposal, by its id. */
export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess, ended: Promise<unknown>) {
    this.#child = child;
    this.#ended = ended;
  }

  /** @param ready matches what the server says when it serves */
  static async start({ program, args, env, folder }: Command, ready: RegExp): Promise<ServerProcess> {
    const child = spawn(program, args, {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Nothing that this program started may outlive it.
    const killAtExit = (): void => void child.kill('SIGKILL');
    process.once('exit', killAtExit);
    const ended = once(child, 'close').finally(() => process.removeListener('exit', killAtExit));
    const server = new ServerProcess(child, ended);
    const tail = new OutputTail();
    const { promise: isReady, resolve } = Promise.withResolvers<true>();
    for (const output of [child.stdout, child.stderr]) {
      output.on('data', (chunk: Buffer) => {
        tail.push(chunk);
        if (ready.test(tail.text)) resolve(true);
      });
    }
    const timeout = AbortSignal.timeout(limits.startTimeoutMs);
    const first = await Promise.race([
      isReady,
      ended.then(() => 'it ended'),
      once(timeout, 'abort').then(() => 'it was not ready in time'),
    ]);
    if (first === true) return server;
    await server[Symbol.asyncDispose]();
    throw new Error(`${program}: ${first}:\n${tail.text}`);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    const patience = AbortSignal.timeout(limits.stopTimeoutMs);
    patience.addEventListener('abort', () => this.#child.kill('SIGKILL'), { once: true });
    await this.#ended;
  }
}

/** A port of the loopback interface that nobody listens on. Someone else may take it first; then the server says so. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
