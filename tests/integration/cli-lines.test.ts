// 200,000 lines of real text go in by `q produce` with each codec and come out by `q consume` byte for byte, in order
// for each partition and each key, through a broker that keeps them on disk.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBroker } from '@q/broker';
import type { Broker } from '@q/broker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const lineCount = 200_000;
const partitionCount = 4;
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const program = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

let folder: string;
let broker: Broker;
/** Lines as they stand in their files: empty ones, carriage returns and other languages included. */
let text: Buffer;
/** The same lines, each with its file as the key; every thousandth line has none. */
let keyed: KeyedLine[];

interface KeyedLine {
  readonly key: string | null;
  readonly bytes: Buffer;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'q-cli-lines-'));
  broker = await startBroker({ port: 0, admin: false, dataDir: join(folder, 'data') });
  const lines = await realLines();
  text = joined(lines.map(({ line }) => line));
  keyed = lines.map(({ line, file }, index) => {
    if (index % 1000 === 999) return { key: null, bytes: Buffer.alloc(0) };
    return { key: file, bytes: Buffer.concat([Buffer.from(`${file}\t`), line]) };
  });
  await writeFile(join(folder, 'text'), text);
  await writeFile(join(folder, 'keyed'), joined(keyed.map(({ bytes }) => bytes)));
});

afterAll(async () => {
  await broker.close();
  await rm(folder, { recursive: true });
});

describe('200,000 real lines through the command line', () => {
  it('are what they are said to be', () => {
    expect(keyed).toHaveLength(lineCount);
    expect(new Set(keyed.map(({ key }) => key)).size).toBeGreaterThan(100);
    expect(text.includes('\r\n') && text.includes('\n\n')).toBe(true);
    expect(text.some((byte) => byte > 127)).toBe(true);
  });

  it.each(codecs)(
    'P1 P3 C1 C3 T3 Z1 keyed, with %s: byte for byte in each partition, in order for each key',
    { timeout: 120_000 },
    async (codec) => {
      const topic = `keyed-${codec}`;
      await q('topic', 'create', topic, '--partitions', String(partitionCount));
      const { stderr } = await q('produce', topic, '-f', join(folder, 'keyed'), '--key-separator', '\\t', '-z', codec);
      expect(stderr).toMatch(
        /^200,000 records to keyed-\w+ in .*; 200 had no separator and were sent without a key\n$/,
      );

      const partitionOfKey = new Map<string, number>();
      const strays: string[] = [];
      let keyless = 0;
      for (let partition = 0; partition < partitionCount; partition++) {
        const { stdout } = await q('consume', topic, '-p', String(partition), '-e', '-f', '%k\\t%v\\n');
        const records = linesOf(stdout).filter((line) => {
          if (line.length > 1) return true;
          keyless += 1;
          return false;
        });
        for (const record of records) {
          const key = record.toString('utf8', 0, record.indexOf('\t'));
          if ((partitionOfKey.get(key) ?? partition) !== partition) strays.push(key);
          partitionOfKey.set(key, partition);
        }
        const expected = keyed.filter(({ key }) => key !== null && partitionOfKey.get(key) === partition);
        expect(joined(records).equals(joined(expected.map(({ bytes }) => bytes)))).toBe(true);
      }
      expect(strays).toEqual([]);
      expect(keyless).toBe(200);
      // Every key came out somewhere, so the comparisons above covered every line.
      expect(partitionOfKey.size).toBe(new Set(keyed.map(({ key }) => key)).size - 1);
      expect(new Set(partitionOfKey.values()).size).toBe(partitionCount);
    },
  );

  it.each(codecs)('P1 P3 C1 C3 the whole file through standard input, with %s', { timeout: 120_000 }, async (codec) => {
    const topic = `text-${codec}`;
    await q('topic', 'create', topic, '--partitions', '1');
    const { stderr } = await q('produce', topic, '-z', codec, '<', join(folder, 'text'));
    expect(stderr).toMatch(/^200,000 records to text-\w+ in /);
    const { stdout } = await q('consume', topic, '-o', 'start', '-e');
    expect(stdout.equals(text)).toBe(true);
    expect((await q('consume', topic, '-o', '-3', '-e')).stdout.equals(joined(linesOf(text).slice(-3)))).toBe(true);
  });
});

/**
 * Runs the command line to its end. Output goes to a file, as with `>`; an argument `<` makes the next one its input,
 * through a pipe.
 */
async function q(...args: readonly string[]): Promise<{ stdout: Buffer; stderr: string }> {
  const [own, input] = args.includes('<') ? [args.slice(0, args.indexOf('<')), args.at(-1)] : [args, undefined];
  const outputPath = join(folder, 'output');
  const output = await open(outputPath, 'w');
  const child = spawn(process.execPath, ['--conditions=@q/source', program, '--url', broker.url, ...own], {
    stdio: ['pipe', output.fd, 'pipe'],
  });
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  if (input === undefined) child.stdin!.end();
  else createReadStream(input).pipe(child.stdin!);
  const [code] = (await once(child, 'close')) as [number | null];
  await output.close();
  if (code !== 0) throw new Error(`q ${own.join(' ')} ended with ${code}: ${stderr}`);
  return { stdout: await readFile(outputPath), stderr };
}

/** The declarations of Node's own types, as often as it takes; the file of each line beside it. */
async function realLines(): Promise<{ line: Buffer; file: string }[]> {
  const require = createRequire(import.meta.url);
  const root = dirname(require.resolve('@types/node/package.json'));
  const files = (await readdir(root, { recursive: true }))
    .filter((name) => /\.(d\.ts|md|json)$|LICENSE$/.test(name))
    .sort();
  const lines: { line: Buffer; file: string }[] = [];
  for (let pass = 1; ; pass++) {
    for (const name of files) {
      const path = join(root, name);
      for (const line of linesOf(await readFile(path))) {
        // Every other pass has the line ends of another system.
        lines.push({
          line: pass % 2 === 0 ? Buffer.concat([line, Buffer.from('\r')]) : line,
          file: `${pass}/${relative(root, path)}`,
        });
        if (lines.length === lineCount) return lines;
      }
    }
  }
}

function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let position = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, position)) {
    lines.push(bytes.subarray(position, end));
    position = end + 1;
  }
  if (position < bytes.length) lines.push(bytes.subarray(position));
  return lines;
}

function joined(lines: readonly Buffer[]): Buffer {
  const newline = Buffer.from('\n');
  return Buffer.concat(lines.flatMap((line) => [line, newline]));
}
