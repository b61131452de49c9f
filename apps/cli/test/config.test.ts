import { adminExtension } from '@q/admin';
import { startBroker } from '@q/broker';
import type { Broker, ProgramSettings, ReadValues } from '@q/broker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './command-here.ts';
import type { ProgramResult } from './q-program.ts';

let broker: Broker;
let sources: ReadValues = { given: [] };
const program: ProgramSettings = {
  definitions: [
    {
      name: 'place',
      type: 'text',
      default: 'here',
      allowed: 'a place',
      doc: 'Where.',
      isReloadable: false,
      isSecret: false,
      normalize: String,
    },
  ],
  given: [],
  file: 'q.yaml',
  read: () => Promise.resolve(sources),
  apply: () => undefined,
};

beforeAll(async () => {
  broker = await startBroker({
    storage: 'memory',
    port: 0,
    settings: program,
    descriptorsMax: 4096,
    admin: { port: 0, extension: adminExtension() },
  });
});

afterAll(() => broker.close());

function q(line: string, o: { terminal?: boolean } = {}): Promise<ProgramResult> {
  return runHere({ line: `${line} --admin-url ${broker.adminUrl}`, url: broker.url, ...o });
}

async function json(line: string): Promise<unknown> {
  const { stdout, stderr, code } = await q(`${line} --json`);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return JSON.parse(stdout);
}

describe('q config, of the broker', () => {
  it('O3 sets settings, shows them with their source, and takes them back', async () => {
    expect(await q('config set limits.groupsMax=500 whenFull=drop-oldest')).toEqual({
      code: 0,
      stdout: 'changed whenFull: refuse -> drop-oldest\nchanged limits.groupsMax: 10000 -> 500\n',
      stderr: '',
    });
    const { stdout, stderr } = await q('config list');
    const rows = stdout.split('\n').map((line) => line.split('\t'));
    expect(rows[0]).toEqual(['setting', 'value', 'source', 'default', 'a change needs']);
    expect(rows).toContainEqual(['limits.groupsMax', '500', 'changed through an API', '10000', 'nothing']);
    expect(rows).toContainEqual(['place', 'here', 'default', 'here', 'a restart']);
    expect(stdout).not.toContain('limits.topicsMax');
    expect(stderr).toMatch(/^\d+ limits and defaults of topics that nobody has set are left out: --all\n$/);
    expect((await q('config list --all')).stdout).toContain('limits.topicsMax\t10000\tdefault');
    expect((await q('config get limits.groupsMax')).stdout).toContain(
      'value\t500\nsource\tchanged through an API\notherwise\t10000 (the default)\n',
    );
    expect(await json('config get whenFull')).toMatchObject({ value: 'drop-oldest', source: 'api', default: 'refuse' });
    expect((await q('config unset limits.groupsMax whenFull')).stdout).toContain('limits.groupsMax: 500 -> 10000\n');
    expect((await q('config unset limits.groupsMax')).stdout).toMatch(/^nothing changed/);
  });

  it('O3 only says what would change with --dry-run', async () => {
    expect((await q('config set limits.groupsMax=5 --dry-run')).stdout).toBe(
      'would change limits.groupsMax: 10000 -> 5\n',
    );
    expect(await json('config get limits.groupsMax')).toMatchObject({ value: '10000' });
  });

  it('O3 says when a limit is not in force as it was asked for', async () => {
    const outcome = await q('config set limits.connectionsMax=20000');
    expect(outcome.stdout).toBe('changed limits.connectionsMax: 10000 -> 20000\n');
    expect(outcome.stderr).toMatch(/^limits\.connectionsMax is \d{3,4} all the same: .*ulimit -n\)\n$/);
    expect((await q('config get limits.connectionsMax')).stdout).toMatch(
      /value\t\d{3,4}\nsource\t.*\nasked for\t20000; /,
    );
    await q('config unset limits.connectionsMax');
  });

  it('Q3 says what is wrong, all of it, and what is allowed', async () => {
    const { code, stderr } = await q('config set limits.groupsMax=many place=there no.such=1');
    expect(code).toBe(1);
    expect(stderr).toContain('"many" is not allowed for limits.groupsMax; allowed: a whole number of at least 1');
    expect(stderr).toContain('"there" is not allowed for place; it cannot change while the broker runs');
    expect(stderr).toContain('there is no setting "no.such"; q config list shows all');
    expect(await q('config get no.such')).toMatchObject({ code: 1 });
    expect(await q('config set groupsMax')).toMatchObject({ code: 2 });
    expect(await q('config set a=1 a=2')).toMatchObject({ code: 2 });
  });

  it('O3 makes the broker read its sources again, and tells of bad ones until they are good', async () => {
    sources = { problems: ['q.yaml, line 2: not YAML'] };
    const refused = await q('config reload');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('nothing was changed: q.yaml, line 2: not YAML');
    expect((await q('config list')).stderr).toMatch(
      /the last reload failed \(the admin API, .*\n {2}q\.yaml, line 2: not YAML/,
    );
    const [source, from] = ['file', 'place in q.yaml, line 1'] as const;
    sources = {
      given: [
        { name: 'place', text: 'there', source, from },
        { name: 'autoCreateTopics', text: 'true', source, from },
      ],
    };
    expect(await q('config reload')).toEqual({
      code: 0,
      stdout: 'changed autoCreateTopics: false -> true\n',
      stderr: 'a restart is needed for place\n',
    });
    const listed = await q('config list');
    expect(listed.stdout).toContain('place\there (after a restart: there)\tdefault\there\ta restart\n');
    expect(listed.stderr).toContain('a restart is needed for place\n');
    sources = { given: [] };
    expect(await json('config reload')).toMatchObject({ ok: true, needsRestart: [] });
  });
});

describe('q config, of a topic', () => {
  it('O3 T1 sets and shows settings, and what they would be without the topic', async () => {
    await q('topic create orders');
    await q('config set topicDefaults.retention.ms=1h');
    expect((await q('config set retention.ms=7d --topic orders --dry-run')).stdout).toMatch(/^would alter orders: /);
    expect((await q('config set retention.ms=7d --topic orders')).stdout).toMatch(/^altered orders: .*604800000/);
    const { stdout, code } = await q('config list --topic orders');
    expect(code).toBe(0);
    expect(stdout).toContain('retention.ms\t604800000\ttopic\t3600000\n');
    expect(stdout).toContain('segment.ms\t604800000\tdefault\t604800000\n');
    expect(await json('config get retention.ms --topic orders')).toEqual({
      name: 'retention.ms',
      value: '604800000',
      source: 'topic',
      otherwise: '3600000',
    });
    await q('config unset retention.ms --topic orders');
    expect(await json('config get retention.ms --topic orders')).toMatchObject({ value: '3600000', source: 'broker' });
    await q('config unset topicDefaults.retention.ms');
    expect((await q('config list --topic __metadata')).stdout).toContain('cleanup.policy\tcompact\ttopic\tcompact\n');
  });

  it('O3 T1 says when there is no such topic, or no such setting', async () => {
    expect((await q('config list --topic nowhere')).code).toBe(3);
    const { code, stderr } = await q('config get no.such --topic orders');
    expect([code, stderr]).toEqual([1, expect.stringContaining('q config list --topic orders shows all')]);
    expect((await q('config set no.such=1 --topic orders')).code).toBe(1);
  });
});
