import type { BrokerLogger, HealthReport } from '@q/broker';
import { NotifyHelper } from './notify-helper.ts';
import type { ServiceLink } from './service-link.ts';
import { ServiceManager } from './service-manager.ts';
import { watchdogTimeoutMs } from './watchdog-timeout.ts';

const startIntervalMs = 20_000;
const extensionMicros = 60_000_000;
const statusIntervalMs = 10_000;

export function openServiceLink(
  env: Readonly<Record<string, string | undefined>>,
  logger: Pick<BrokerLogger, 'warn'>,
): ServiceLink {
  const helper = new NotifyHelper();
  const manager = new ServiceManager({
    send: helper.send,
    logger,
    monotonicMicros: () => process.hrtime.bigint() / 1000n,
  });
  const timeoutMs = watchdogTimeoutMs(env, { pid: process.pid });
  let status = '';
  let stopAsking: () => void = () => undefined;
  const ready = (): void => manager.ready(status);
  return {
    starting: () => {
      stopAsking = every(startIntervalMs, () => manager.extend(extensionMicros));
    },
    ready: (given, { health }) => {
      stopAsking();
      status = given;
      ready();
      if (timeoutMs !== null) manager.watch({ timeoutMs, stuckForMs: () => health.stuckMs, every });
      every(statusIntervalMs, () => {
        const next = statusOf(given, health.report());
        if (next !== status) manager.status((status = next));
      });
    },
    reloading: () => manager.reloading(),
    reloaded: ready,
    stopping: () => manager.stopping('stopping: answers what is under way'),
  };
}

function statusOf(serves: string, { status, conditions }: HealthReport): string {
  const [worst] = conditions;
  return worst === undefined ? serves : `${status}: ${worst.name}: ${worst.reason}`;
}

/** Timers that keep nobody from ending. */
function every(intervalMs: number, run: () => void): () => void {
  const timer = setInterval(run, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
