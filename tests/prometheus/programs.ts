import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { prometheusFolder } from './deployed.ts';

/** Whether a program is installed. Where it is not, the test that needs it says so and proves nothing. */
export function isInstalled(program: 'promtool' | 'prometheus'): boolean {
  const isThere = (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
  if (!isThere) console.warn(`without ${program} (Debian: prometheus) this test is skipped`);
  return isThere;
}

/** Runs promtool among the shipped rules. */
export function promtool(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile('promtool', args, { cwd: prometheusFolder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: `${stdout}${stderr}` });
    });
  });
}

/** A Prometheus that scrapes one broker every second with the shipped rules, gone with the test. */
export async function startPrometheus(target: string): Promise<{ url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'q-prometheus-'));
  const rules = ['recording.yml', 'alerts.yml'].map((file) => join(prometheusFolder, file));
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: rules,
    scrape_configs: [{ job_name: 'q', static_configs: [{ targets: [target] }] }],
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
  ];
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  let address = '';
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    address = /Listening on" address=([^ ]+)/.exec(line)?.[1] ?? address;
    if (line.includes('Server is ready')) break;
  }
  if (address === '') throw new Error(`Prometheus did not start:\n${lines.join('\n')}`);
  // Nobody reads on; a full pipe must not stop it.
  child.stderr.resume();
  return { url: `http://${address}` };
}
