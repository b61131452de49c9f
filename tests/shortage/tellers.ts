import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Broker } from '@q/broker';

const program = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

/** Everything that tells an operator of a shortage, asked whether it tells of this one. */
export interface Told {
  readonly alerts: boolean;
  readonly readyz: boolean;
  readonly metrics: boolean;
  readonly log: boolean;
}

export const everybody: Told = { alerts: true, readyz: true, metrics: true, log: true };
export const nobody: Told = { alerts: false, readyz: false, metrics: false, log: false };

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function get(broker: Broker, path: string): Promise<Answer> {
  const response = await fetch(`${broker.adminUrl}${path}`);
  return { status: response.status, text: await response.text() };
}

/** `lines`: what the broker has logged since the last call; the last word on the alert counts. */
export async function toldOf(broker: Broker, alert: string, lines: readonly object[]): Promise<Told> {
  const [alerts, readyz, metrics] = await Promise.all([
    get(broker, '/api/v1/alerts'),
    get(broker, '/readyz'),
    get(broker, '/metrics'),
  ]);
  // Reads go on, so the broker is ready whatever it is short of.
  if (readyz.status !== 200) throw new Error(`/readyz says ${readyz.status}: ${readyz.text}`);
  const { alerts: raised } = JSON.parse(alerts.text) as { alerts: { name: string }[] };
  const { reasons } = JSON.parse(readyz.text) as { reasons: string[] };
  const last = lines.findLast((line) => 'alert' in line && line.alert === alert) as { event: string } | undefined;
  return {
    alerts: raised.some(({ name }) => name === alert),
    readyz: reasons.some((reason) => reason.startsWith(`${alert}: `)),
    metrics: metrics.text.includes(`q_alerts{alert="${alert}"`),
    log: last?.event.startsWith('alert.raised') === true,
  };
}

/** `q cluster health`: its exit code, and what it says. */
export function clusterHealth(broker: Broker): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve) => {
    const args = ['--conditions=@q/source', program, '--url', broker.url, 'cluster', 'health'];
    execFile(process.execPath, args, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), text: stdout + stderr }),
    ).stdin?.end();
  });
}
