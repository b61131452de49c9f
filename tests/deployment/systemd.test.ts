import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCommand } from '../kafka/clients/command.ts';

const unitFile = fileURLToPath(new URL('../../deploy/systemd/q-broker.service', import.meta.url));
/** 0 is nothing that it may do, 10 is everything. systemd calls below 2 "OK", and this unit has 1.2. */
const exposureMax = 1.5;

let folder: string;
let text: string;
let hasSystemd: boolean;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'q-systemd-'));
  // The program is not installed where the tests run.
  text = (await readFile(unitFile, 'utf8')).replace(/^ExecStart=.*$/m, `ExecStart=${process.execPath}`);
  hasSystemd = await hasCommand('systemd-analyze', ['--version']);
  if (!hasSystemd) console.warn('the systemd unit is not verified here: there is no systemd-analyze');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What systemd-analyze says of a unit: nothing, if all is well. */
async function analyze(unit: string, ...command: string[]): Promise<string> {
  const file = join(folder, 'q-broker.service');
  await writeFile(file, unit);
  try {
    const { stdout, stderr } = await promisify(execFile)('systemd-analyze', [...command, file]);
    return `${stdout}${stderr}`.trim();
  } catch (thrown) {
    const { stdout = '', stderr = '', message } = thrown as Error & { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`.trim() || message;
  }
}

const verify = ['verify', '--man=no', '--recursive-errors=no'];

describe('the systemd unit', () => {
  it('Q1 is verified by systemd', async (context) => {
    if (!hasSystemd) return context.skip('there is no systemd-analyze');
    expect(await analyze(text, ...verify)).toBe('');
    expect(await analyze(text.replace('WatchdogSec=', 'WatchDogSeconds='), ...verify)).toContain('WatchDogSeconds');
  });

  it('Q1 lets the child speak that tells systemd how the broker is', () => {
    // With `main`, systemd 252 refuses every word of it, and ends the broker when the start has taken too long.
    expect(text).toMatch(/^Type=notify$/m);
    expect(text).toMatch(/^NotifyAccess=all$/m);
  });

  it('Q1 gives the broker little that it does not need', async (context) => {
    if (!hasSystemd) return context.skip('there is no systemd-analyze');
    const of = async (unit: string): Promise<number> => {
      const said = await analyze(unit, 'security', '--offline=true', '--no-pager');
      return Number(/exposure level for q-broker\.service: ([\d.]+)/.exec(said)?.[1] ?? Number.NaN);
    };
    expect(await of(text)).toBeLessThanOrEqual(exposureMax);
    expect(await of(text.replace(/^(Capability|Protect|Private|Restrict|SystemCall).*$/gm, ''))).toBeGreaterThan(5);
  });

  it('Q1 comes with settings that the broker takes', async () => {
    const settings = fileURLToPath(new URL('../../deploy/systemd/q.yaml', import.meta.url));
    const shown = (await readFile(settings, 'utf8')).replaceAll(/^# ( *[\w.]+:.*)$/gm, '$1');
    expect(shown).toContain('\nstorageMaxBytes: 200GiB\n');
    const file = join(folder, 'q.yaml');
    await writeFile(file, shown);
    const main = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [main, '--config', file, '--check-config']);
    expect(stdout).toContain('the settings are allowed');
  });

  it('Q1 sets no variable that the broker does not know', async () => {
    const reference = await readFile(new URL('../../docs/CONFIGURATION.md', import.meta.url), 'utf8');
    const names = [...text.matchAll(/^Environment=(Q_\w+)=/gm)].map(([, name]) => name);
    expect(names).toContain('Q_DATA_DIR');
    expect(names.filter((name) => !reference.includes(`\`${name}\``))).toEqual([]);
  });
});
