import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './command-here.ts';
import { runProgram } from './q-program.ts';
import type { ProgramResult } from './q-program.ts';

let broker: Broker;

beforeAll(async () => {
  broker = await startBroker({ storage: 'memory', port: 0, admin: false });
});

afterAll(async () => {
  await broker.close();
});

function q(line: string, input = ''): Promise<ProgramResult> {
  return runProgram({ args: line.split(' '), env: { Q_URL: broker.url }, input });
}

async function json(line: string): Promise<unknown> {
  const { stdout, stderr, code } = await q(`${line} --json`);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return JSON.parse(stdout);
}

describe('q topic', () => {
  it('T1 creates a topic with partitions, replicas and settings', async () => {
    expect(
      await q(
        'topic create orders --partitions 8 --replicas 1 --config retention.ms=3600000 --config cleanup.policy=compact,delete',
      ),
    ).toEqual({
      code: 0,
      stdout: 'created orders: 8 partitions; cleanup.policy=compact,delete, retention.ms=3600000\n',
      stderr: '',
    });
    expect(await json('topic create single')).toMatchObject({
      name: 'single',
      partitions: 1,
      replicas: 1,
      dryRun: false,
    });
  });

  it('T1 takes durations and sizes with units, and stores numbers', async () => {
    expect(await q('topic create units -c retention.ms=1h -c segment.bytes=10MB')).toEqual({
      code: 0,
      stdout: 'created units: 1 partition; retention.ms=3600000, segment.bytes=10000000\n',
      stderr: '',
    });
    expect((await q('topic alter units -s retention.ms=7d')).stdout).toContain('retention.ms=604800000');
  });

  it('O2 writes each error as one JSON object with --json', async () => {
    const errors: [string, number, object][] = [
      ['topic describe nowhere --json', 3, { code: 'UNKNOWN_TOPIC', message: 'there is no topic "nowhere"' }],
      ['topic lst --json', 2, { code: 'USAGE', message: "unknown command 'lst'", hint: 'Did you mean list?' }],
      ['--json', 2, { code: 'USAGE', message: 'no command is named', hint: 'q --help lists the commands' }],
      [
        '--json consume units -o 10:5',
        2,
        { code: 'USAGE', message: expect.stringContaining('ends before it begins') as string, hint: null },
      ],
      [
        '--json consume units -o @-99999999d',
        2,
        { code: 'USAGE', message: expect.stringContaining('before 1970') as string, hint: null },
      ],
      [
        '--json consume units -p 7',
        3,
        { code: 'UNKNOWN_PARTITION', message: 'units has no partition 7', hint: 'it has only partition 0' },
      ],
      [
        '--json produce units -f /no/such/file',
        1,
        { code: 'FAILURE', message: expect.stringContaining('no such file') as string, hint: null },
      ],
      [
        '--json stats --url q://127.0.0.1:1 --timeout 200ms',
        1,
        { code: 'NO_BROKER', hint: expect.stringContaining('pnpm start') as string },
      ],
    ];
    for (const [line, exitCode, error] of errors) {
      const { code, stdout, stderr } = await q(line);
      expect({ line, code, stdout }).toEqual({ line, code: exitCode, stdout: '' });
      expect(stderr.endsWith('\n') && stderr.trimEnd().includes('\n')).toBe(false);
      expect(Object.keys(JSON.parse(stderr) as object)).toEqual(['code', 'message', 'hint']);
      expect(JSON.parse(stderr)).toMatchObject(error);
    }
  });

  it('T1 refuses a topic that exists, a bad name, partitions or settings that cannot be, each with its reason', async () => {
    await q('topic create taken');
    const failures: [string, number, RegExp][] = [
      ['topic create taken', 1, /^q: .*taken.* \(TOPIC_EXISTS\)\. .+\n$/],
      ['topic create a/b', 1, /^q: .*\(INVALID_TOPIC_NAME\)\. .+\n$/],
      ['topic create x --partitions 999999999', 1, /^q: .*\(INVALID_PARTITIONS\)\. .+\n$/],
      ['topic create x --replicas 3', 1, /^q: .*\(INVALID_REPLICAS\)\. .+\n$/],
      ['topic create x --config retention.ms=soon', 1, /^q: .*retention\.ms.*"soon".* \(INVALID_CONFIG\)\. .+\n$/],
      ['topic create x --partitions 0', 2, /expected a whole number from 1/],
      ['topic create x --config retention.ms', 2, /expected name=value/],
    ];
    for (const [line, code, words] of failures) {
      const result = await q(line);
      expect(result, line).toMatchObject({ code, stdout: '' });
      expect(result.stderr, line).toMatch(words);
    }
  });

  it('T1 only says what it would do with --dry-run', async () => {
    expect((await q('topic create ghost --partitions 3 --dry-run')).stdout).toBe('would create ghost: 3 partitions\n');
    expect((await q('topic describe ghost')).code).toBe(3);
    await q('topic create real --partitions 2');
    expect((await q('topic alter real --set retention.ms=1 --dry-run')).stdout).toBe(
      'would alter real: retention.ms=1\n',
    );
    expect((await q('topic add-partitions real -p 5 --dry-run')).stdout).toBe('real would have 5 partitions\n');
    expect((await q('topic alter real --set retention.ms=soon --dry-run')).code).toBe(1);
    const described = (await json('topic describe real')) as {
      partitions: unknown[];
      settings: { name: string; source: string }[];
    };
    expect(described.partitions).toHaveLength(2);
    expect(described.settings.find(({ name }) => name === 'retention.ms')?.source).toBe('default');
  });

  it('T2 lists and describes, for people and for programs', async () => {
    await q('topic create known --partitions 2 --config segment.ms=60000');
    await q('produce known -p 1', 'a\nb\n');
    expect((await q('topic list')).stdout).toMatch(
      /^topic\tpartitions\treplicas\tmessages\tsize\n[\s\S]*^known\t2\t1\t2\t\d+ B\n/m,
    );
    expect(await json('topic list')).toContainEqual(
      expect.objectContaining({ name: 'known', partitions: 2, messages: 2 }),
    );

    const { stdout } = await q('topic describe known');
    expect(stdout).toMatch(
      /^topic\tknown\nid\t[0-9a-f-]{36}\npartitions\t2\nreplicas\t1\nmessages\t2\nsize\t\d+ B\ngroups\tunknown: .*\nproducers\tunknown\nheld back\tunknown\n/,
    );
    expect(stdout).toMatch(/^segment\.ms\t60000\ttopic$/m);
    expect(stdout).toMatch(
      /^partition\tleader\tepoch\tstart\tend\tmessages\tsegments\tsize\n0\t1\t\d+\t0\t0\t0\t\d+\t\d+ B\n1\t1\t\d+\t0\t2\t2\t1\t\d+ B\n$/m,
    );
    expect(await json('topic describe known')).toMatchObject({
      name: 'known',
      messages: 2,
      partitions: [
        { partition: 0, highWatermark: 0 },
        { partition: 1, logStartOffset: 0, highWatermark: 2, segments: 1 },
      ],
    });
    expect((await q('topic describe known --raw')).stdout).toMatch(/^size\t\d+$/m);
  });

  it('T1 alters settings, and takes them back', async () => {
    await q('topic create changing --config retention.ms=1000');
    expect((await q('topic alter changing --set segment.ms=5000 --set retention.ms=2000')).stdout).toBe(
      'altered changing: retention.ms=2000, segment.ms=5000\n',
    );
    expect((await q('topic alter changing --unset retention.ms --unset segment.ms')).stdout).toBe(
      'altered changing: all settings are at their defaults\n',
    );
    expect(await q('topic alter changing')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^q: nothing to change/) as string,
    });
  });

  it('T1 adds partitions, and never takes them away', async () => {
    await q('topic create growing --partitions 2');
    expect((await q('topic add-partitions growing --partitions 5')).stdout).toBe('growing has 5 partitions\n');
    expect(await q('topic add-partitions growing --partitions 3')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(INVALID_PARTITIONS)') as string,
    });
  });

  it('T1 trims before an offset, the end or a time, in some partitions or all', async () => {
    await q('topic create trimmed --partitions 2');
    for (const partition of [0, 1]) await q(`produce trimmed -p ${partition}`, 'a\nb\nc\nd\n');
    expect((await q('topic trim trimmed --before 3 -p 0 --dry-run')).stdout).toBe(
      'partition\twould start at\twould be deleted\n0\t3\t3\n',
    );
    expect((await q('topic trim trimmed --before 3 -p 0 --force')).stdout).toBe(
      'partition\tstarts at\tdeleted\n0\t3\t3\n',
    );
    expect(await json('topic trim trimmed --force --before -1')).toMatchObject({
      partitions: [
        { partition: 0, startOffset: 3, deleted: 0 },
        { partition: 1, startOffset: 3, deleted: 3 },
      ],
    });
    expect((await q('consume trimmed -e -f %p/%o:%v\\n')).stdout.split('\n').sort()).toEqual(['', '0/3:d', '1/3:d']);
    expect(await json('topic trim trimmed --force --before end')).toMatchObject({
      partitions: [{ deleted: 1 }, { deleted: 1 }],
    });
    expect(await q('topic trim trimmed --before 99 -p 0 --force')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(OFFSET_OUT_OF_RANGE)') as string,
    });
    expect(await q('topic trim trimmed --before 1 -p 7 --force')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('it has partitions 0 to 1') as string,
    });
  });

  it('T1 trims with --force only, where nobody can be asked', async () => {
    await q('topic create kept');
    await q('produce kept', 'a\nb\n');
    expect(await q('topic trim kept --before end')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'q: trimming kept cannot be undone and nobody can be asked here; add --force\n',
    });
    expect(await json('topic describe kept')).toMatchObject({ messages: 2 });
    expect(await q('topic trim kept --before end --dry-run')).toMatchObject({ code: 0, stderr: '' });
  });

  it('T1 creates a topic unless it is there as asked for, with --if-missing', async () => {
    expect((await q('topic create twice --partitions 3 --if-missing')).stdout).toBe('created twice: 3 partitions\n');
    expect(await q('topic create twice --partitions 3 --if-missing')).toEqual({
      code: 0,
      stdout: 'found twice: 3 partitions\n',
      stderr: '',
    });
    expect(await json('topic create twice --if-missing')).toMatchObject({
      name: 'twice',
      created: false,
      partitions: 3,
    });
    expect(await q('topic create twice --partitions 4 --if-missing')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('(TOPIC_EXISTS)') as string,
    });
    expect(await q('topic create thrice --if-missing --dry-run')).toMatchObject({ code: 2 });
  });

  it('T2 lists by name', async () => {
    for (const name of ['zz-last', 'aa-first', 'mm-middle']) await q(`topic create ${name}`);
    const names = ((await json('topic list')) as { name: string }[]).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(2);
    expect(names).toEqual(names.toSorted());
  });

  it('O2 says of an empty partition that it is empty', async () => {
    await q('topic create hollow');
    expect((await q('consume hollow -o 5 -e')).stderr).toContain('is empty at 0');
  });

  it('S2 opens partitions again, and leaves alone what is not in trouble', async () => {
    await q('topic create sound --partitions 2');
    expect(await q('topic reopen sound')).toMatchObject({ code: 0, stdout: 'no partition of sound is in trouble\n' });
    expect(await q('topic reopen sound -p 1')).toMatchObject({ code: 0, stdout: 'partition\tis\n1\topen\n' });
    expect(await json('topic reopen sound -p 0,1')).toEqual({
      name: 'sound',
      partitions: [
        { partition: 0, error: null },
        { partition: 1, error: null },
      ],
    });
    expect(await q('topic reopen missing')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('(UNKNOWN_TOPIC)') as string,
    });
  });

  it('T1 deletes with --force only, where nobody can be asked', async () => {
    await q('topic create doomed');
    expect(await q('topic delete doomed')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('add --force') as string,
    });
    expect((await q('topic describe doomed')).code).toBe(0);
    expect(await q('topic delete doomed --force')).toEqual({ code: 0, stdout: 'deleted doomed\n', stderr: '' });
    expect(await q('topic describe doomed')).toMatchObject({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^q: .*doomed.*\(UNKNOWN_TOPIC\)\. .+\n$/) as string,
    });
  });
});

describe('q on a terminal', () => {
  function onTerminal(line: string, typed = ''): Promise<ProgramResult> {
    return runHere({ line, url: broker.url, input: typed, terminal: true });
  }

  it('T1 asks before it deletes, and takes only yes for yes', async () => {
    await q('topic create asked');
    await q('produce asked', 'a\nb\n');
    const refused = await onTerminal('topic delete asked', 'n\n');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /Delete asked with its 2 messages \(\d+ B\)\? \[y\/N\] [\s\S]*q: nothing was deleted\n$/,
    );
    expect((await onTerminal('topic delete asked', '\n')).code).toBe(1);
    expect(await onTerminal('topic delete asked', 'yes\n')).toMatchObject({ code: 0, stdout: 'deleted asked\n' });
    expect((await onTerminal('topic delete asked')).code).toBe(3);
  });

  it('T1 asks before it trims', async () => {
    await q('topic create shorn --partitions 2');
    for (const partition of [0, 1]) await q(`produce shorn -p ${partition}`, 'a\nb\n');
    const refused = await onTerminal('topic trim shorn --before 1', 'n\n');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /Delete 2 messages of shorn, in 2 partitions\? \[y\/N\] [\s\S]*q: nothing was deleted\n$/,
    );
    expect(await json('topic describe shorn')).toMatchObject({ messages: 4 });
    expect((await onTerminal('topic trim shorn --before end -p 1', 'y\n')).stderr).toContain(
      'Delete 2 messages of shorn, in partition 1?',
    );
    expect(await json('topic describe shorn')).toMatchObject({ messages: 2 });
  });

  it('T2 lines its tables up', async () => {
    await q('topic create lined --partitions 2');
    expect((await onTerminal('topic describe lined')).stdout).toMatch(
      /^partition {2}leader {2}epoch {2}start {2}end {2}messages {2}segments {2}size\n {8}0 {7}1 /m,
    );
    expect(JSON.parse((await onTerminal('topic describe lined --json')).stdout)).toMatchObject({ name: 'lined' });
  });
});

describe('q stats', () => {
  it('M1 M2 shows totals and requests, for people and for programs', async () => {
    await q('topic create measured');
    await q('consume measured -e');
    await q('produce measured', 'a\n');
    await q('consume measured -e');
    expect((await q('stats')).stdout).toMatch(/^FETCH\t.*\twaiting for records$/m);
    const { stdout, code } = await q('stats');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^broker\t1, version \d/);
    expect(stdout).toMatch(/^durability\tmemory$/m);
    expect(stdout).toMatch(
      /^request\ttotal\tsucceeded\tfailed\tp50 ms\tp99 ms\tp99.9 ms\tmax ms\ttime includes\n[\s\S]*^CREATE_TOPIC\t\d+\t\d+\t\d+(\t[\d.]+){4}\t$/m,
    );
    expect(await json('stats')).toMatchObject({
      brokerId: 1,
      durability: 'memory',
      topics: expect.any(Number) as number,
    });
  });
});
