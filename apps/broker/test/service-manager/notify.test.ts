import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { NotifyHelper } from '../../src/service-manager/notify-helper.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const missing = [
  ['systemd-notify', '--version'],
  ['python3', '-c', 'import array, json, os, socket'],
].flatMap(([program = '', ...args]) => (spawnSync(program, args).status === 0 ? [] : [program]));
const without = `there is no ${missing.join(' and no ')} here to hear and be heard by`;

/** A service manager that hears: each datagram as JSON on a line. A barrier ends when what came with it is closed. */
const listener = `
import array, json, os, socket, sys
path = sys.argv[1]
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind('\\0' + path[1:] if path.startswith('@') else path)
print('listening', flush=True)
while True:
    data, ancillary, _, _ = sock.recvmsg(65536, 1024)
    for _, kind, content in ancillary:
        if kind == socket.SCM_RIGHTS:
            for fd in array.array('i', content[:len(content) - len(content) % 4]): os.close(fd)
    print(json.dumps(data.decode()), flush=True)
`;

class Manager {
  readonly heard: string[] = [];
  readonly path: string;
  readonly #child: ChildProcess;

  private constructor(path: string, child: ChildProcess) {
    this.path = path;
    this.#child = child;
  }

  static async listen({ isAbstract }: { isAbstract: boolean }): Promise<Manager> {
    const folder = mkdtempSync(join(tmpdir(), 'q-notify-'));
    const path = isAbstract ? `@q-notify-${process.pid}-${Math.random()}` : join(folder, 'notify');
    const child = spawn('python3', ['-c', listener, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const manager = new Manager(path, child);
    onTestFinished(() => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    });
    const lines = createInterface({ input: child.stdout });
    await once(lines, 'line');
    lines.on('line', (line) => void manager.heard.push(JSON.parse(line) as string));
    return manager;
  }

  /** What it was told beside barriers. */
  get words(): string[] {
    return this.heard.filter((word) => word !== 'BARRIER=1');
  }

  gone(): void {
    this.#child.kill('SIGKILL');
  }
}

describe('sd_notify', () => {
  it.for([false, true])('O4 Q2 a real datagram arrives, abstract address: %s', async (isAbstract, { skip }) => {
    if (missing.length > 0) return skip(without);
    const manager = await Manager.listen({ isAbstract });
    vi.stubEnv('NOTIFY_SOCKET', manager.path);
    onTestFinished(() => void vi.unstubAllEnvs());
    const helper = new NotifyHelper();
    await helper.send(['READY=1', 'STATUS=serves $(rm -rf x) "a" \\037 \n b', 'X=1']);
    await helper.send(['WATCHDOG=1']);
    await vi.waitFor(() => expect(manager.words).toHaveLength(2));
    expect(manager.words).toEqual(['READY=1\nSTATUS=serves $(rm -rf x) "a" \\037   b\nX=1', 'WATCHDOG=1']);
  });

  it('Q2 whoever cannot be reached, or is not there, is an error', async ({ skip }) => {
    if (missing.length > 0) return skip(without);
    vi.stubEnv('NOTIFY_SOCKET', '/nowhere/notify');
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(new NotifyHelper().send(['READY=1'])).rejects.toThrow('exit code 1');
    await expect(new NotifyHelper('no-such-program').send(['READY=1'])).rejects.toThrow('exit code 127');
  });

  it(
    'O4 Q2 the broker says that it serves, that it is alive, reloads and stops',
    { timeout: 30_000 },
    async ({ skip }) => {
      if (missing.length > 0) return skip(without);
      const manager = await Manager.listen({ isAbstract: false });
      const args = ['--port', '0', '--admin-port', '0', '--no-kafka', '--storage', 'memory', '--log-format', 'json'];
      const broker = spawn(process.execPath, ['--conditions=@q/source', main, ...args], {
        env: { ...process.env, NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: '400000' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void broker.kill('SIGKILL'));
      broker.stdout.resume();
      await vi.waitFor(() => expect(manager.words[0]).toMatch(/^READY=1\nSTATUS=serves at q:\/\//), {
        timeout: 15_000,
      });
      await vi.waitFor(() => expect(manager.words.filter((word) => word === 'WATCHDOG=1').length).toBeGreaterThan(1));
      broker.kill('SIGHUP');
      await vi.waitFor(() => expect(manager.words.join(' ')).toMatch(/RELOADING=1\nMONOTONIC_USEC=\d+.*READY=1/s));
      broker.kill('SIGTERM');
      const [code] = (await once(broker, 'exit')) as [number];
      expect(code).toBe(0);
      expect(manager.words.at(-1)).toMatch(/^STOPPING=1/);
    },
  );
});
