import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrokerProgram } from './broker-program.ts';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'q-settings-'));
  file = join(folder, 'q.yaml');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const free = ['--port', '0', '--admin-port', '0', '--no-kafka', '--storage', 'memory', '--log-format', 'json'];

/** As an editor does it. */
async function writeSettings(text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

interface Told {
  readonly lastReload: { readonly ok: boolean; readonly by: string; readonly problems: string[] } | null;
  readonly needsRestart: readonly string[];
  readonly settings: readonly { name: string; value: string; source: string; from: string }[];
}

async function configOf(adminUrl: string): Promise<Told> {
  for (;;) {
    const response = await fetch(`${adminUrl}/api/v1/config`);
    // The rest of the interface is loaded after the start.
    if (response.status !== 503) return (await response.json()) as Told;
  }
}

function told({ settings }: Told, name: string): string {
  const setting = settings.find((one) => one.name === name);
  return `${setting?.value} (${setting?.from})`;
}

describe('q-broker says what its settings are', () => {
  it('Q3 --print-config tells each with its source, and opens nothing', async () => {
    await writeSettings('dataDir: /nowhere/at/all\nlimits:\n  groupsMax: 7\n');
    const env = { Q_LOG_LEVEL: 'debug', Q_ALERT_WEBHOOK_SECRET: 'hunter2-hunter2-hunter2' };
    await using text = new BrokerProgram({ args: ['--print-config', '--port', '1', '--config', file], env });
    expect(await text.exited).toBe(0);
    const rows = text.stdout.trim().split('\n');
    const byName = new Map(rows.map((row) => row.split(/ {2,}/)).map(([name, value, from]) => [name, [value, from]]));
    expect(byName.get('port')).toEqual(['1', '--port']);
    expect(byName.get('logLevel')).toEqual(['debug', 'Q_LOG_LEVEL']);
    expect(byName.get('dataDir')).toEqual(['/nowhere/at/all', `dataDir in ${file}, line 1`]);
    expect(byName.get('limits.groupsMax')).toEqual(['7', `limits.groupsMax in ${file}, line 3`]);
    expect(byName.get('host')).toEqual(['127.0.0.1', 'default']);
    expect(byName.get('alertWebhookSecret')).toEqual(['********', 'Q_ALERT_WEBHOOK_SECRET']);
    expect(text.stdout).not.toContain('hunter2');
    expect(text.stderr).toBe('');

    await using json = new BrokerProgram({ args: ['--print-config=json', '--limit', 'topicsMax=9'] });
    expect(await json.exited).toBe(0);
    const { settings } = JSON.parse(json.stdout) as { settings: Record<string, unknown>[] };
    expect(settings.find(({ name }) => name === 'limits.topicsMax')).toEqual({
      name: 'limits.topicsMax',
      value: '9',
      source: 'flag',
      from: '--limit',
      default: '10000',
      reloadable: true,
    });
    expect(settings.find(({ name }) => name === 'topicDefaults.retention.ms')).toMatchObject({ source: 'default' });
  });

  it('Q3 --check-config ends as the start would that it stands for', async () => {
    await using good = new BrokerProgram({ args: ['--check-config', '--data-dir', '/nowhere/at/all'] });
    expect([await good.exited, good.stdout]).toEqual([0, 'the settings are allowed\n']);
    await writeSettings('port: 99999\nlimits:\n  groupMax: 7\n');
    await using wrong = new BrokerProgram({ args: ['--check-config', '--config', file] });
    expect(await wrong.exited).toBe(2);
    expect(wrong.stderr).toContain(`port in ${file}, line 1: "99999" is not allowed for port; allowed: a port from`);
    expect(wrong.stderr).toContain(`limits.groupMax in ${file}, line 3: there is no limits.groupMax; did you mean`);
    // Right each for itself.
    const contradicting = ['--limit', 'connectionsMax=5'];
    await using together = new BrokerProgram({ args: ['--check-config', ...contradicting] });
    expect(await together.exited).toBe(2);
    await using started = new BrokerProgram({ args: [...free, ...contradicting] });
    expect(await started.exited).toBe(2);
    expect(together.stderr).toContain(
      'connectionsMax must be at least connectionsPerAddressMax (connectionsMax=5, connectionsPerAddressMax=2000)',
    );
    expect(started.stderr).toBe(together.stderr);
  });
});

describe('q-broker reads its settings again', () => {
  it('O3 at SIGHUP and when the file is another one, and drops no connection', async () => {
    await writeSettings('logLevel: info\nbrokerId: 3\n');
    await using broker = new BrokerProgram({ args: [...free, '--config', file] });
    const { url, adminUrl } = await broker.ready();
    const connection = createConnection({ host: '127.0.0.1', port: Number(new URL(url).port) });
    await once(connection, 'connect');
    expect(told(await configOf(adminUrl), 'logLevel')).toBe(`info (logLevel in ${file}, line 1)`);

    await writeSettings('# now\nlogLevel: debug\nbrokerId: 4\nautoCreateTopics: true\n');
    const [line] = await broker.says(/^.*"settings\.reloaded".*$/m);
    expect(JSON.parse(line)).toMatchObject({
      changed: ['autoCreateTopics: false -> true', 'logLevel: info -> debug'],
      needsRestart: ['brokerId'],
    });
    const after = await configOf(adminUrl);
    expect(told(after, 'logLevel')).toBe(`debug (logLevel in ${file}, line 2)`);
    expect(told(after, 'brokerId')).toBe(`3 (brokerId in ${file}, line 2)`);
    expect(after.needsRestart).toEqual(['brokerId']);

    broker.signal('SIGHUP');
    await broker.says(/"settings\.reloaded".*"by":"SIGHUP"|"by":"SIGHUP".*"settings\.reloaded"/);
    expect(connection.readyState).toBe('open');
    connection.destroy();
    broker.signal('SIGTERM');
    expect(await broker.exited).toBe(0);
  });

  it('O3 a bad file leaves the settings in force that were, loudly', async () => {
    await writeSettings('logLevel: info\nautoCreateTopics: true\n');
    await using broker = new BrokerProgram({ args: [...free, '--config', file] });
    const { adminUrl } = await broker.ready();
    await writeSettings('logLevel: loud\nautoCreateTopics: false\nprot: 1\n');
    const [line] = await broker.says(/^.*"settings\.reload_failed".*$/m);
    const problems = [
      `prot in ${file}, line 3, is not a setting of q-broker; did you mean port?`,
      `logLevel in ${file}, line 1: "loud" is not allowed for logLevel; allowed: one of trace, debug, info, warn, error, fatal, silent`,
    ];
    expect(JSON.parse(line)).toMatchObject({ level: 'error', by: 'the file changed', problems });
    const after = await configOf(adminUrl);
    expect(after.lastReload).toMatchObject({ ok: false, by: 'the file changed', problems });
    expect(told(after, 'autoCreateTopics')).toBe(`true (autoCreateTopics in ${file}, line 2)`);
  });

  it('O3 what was changed through the API is there after a kill -9, and stronger than a flag', async () => {
    const kept = ['--port', '0', '--admin-port', '0', '--no-kafka', '--log-format', 'json', '--log-level', 'error'];
    const args = [...kept, '--data-dir', join(folder, 'data')];
    {
      await using broker = new BrokerProgram({ args: [...args, '--log-level', 'info'] });
      const { adminUrl } = await broker.ready();
      await configOf(adminUrl);
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ logLevel: 'info', 'limits.groupsMax': 9 });
      expect((await fetch(`${adminUrl}/api/v1/config`, { method: 'PATCH', headers, body })).status).toBe(200);
      broker.signal('SIGKILL');
      await broker.exited;
    }
    // Its level is what was stored, or the line would not be there.
    await using again = new BrokerProgram({ args });
    const { adminUrl } = await again.ready();
    const config = await configOf(adminUrl);
    expect(told(config, 'logLevel')).toBe('info (changed through an API)');
    expect(told(config, 'limits.groupsMax')).toBe('9 (changed through an API)');
  });
});
