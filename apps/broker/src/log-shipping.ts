import type { ProgramLog } from './log.ts';
import { packageVersion } from './version.ts';
import { nodeLogClock } from './log/node-log-clock.ts';
import type { OtlpTarget } from './log/node-otlp-post.ts';
import type { OtlpShipper } from './log/otlp-shipper.ts';

type ValueOf = (name: string) => string | undefined;

/**
 * Sends the log where the settings in force say, which may change while the broker runs. What sends is loaded when it
 * is wanted first, and not before there is time. Lines that were said before that are sent as well, as far as the
 * memory has them.
 */
export class LogShipping {
  readonly #log: ProgramLog;
  readonly #mayLoad: Promise<void>;
  #given = '';
  #current: { readonly shipper: OtlpShipper; readonly stop: () => Promise<void> } | null = null;
  #turns: Promise<void> = Promise.resolve();

  constructor(log: ProgramLog, mayLoad: Promise<void>) {
    this.#log = log;
    this.#mayLoad = mayLoad;
  }

  /** Takes what the settings say from now on. */
  follow(valueOf: ValueOf): void {
    const text = (name: string): string => valueOf(name) ?? 'none';
    const [url, headerText, secret] = [text('otlpLogsEndpoint'), text('otlpLogsHeaders'), text('alertWebhookSecret')];
    const headers = otlpHeaders(headerText);
    const secrets = [headerText, ...Object.values(headers), secret].filter((value) => value !== 'none');
    this.#log.redaction.setSecrets(secrets);
    const given = `${url}\n${headerText}`;
    if (given === this.#given) return;
    this.#given = given;
    const target = url === 'none' ? null : { url: otlpUrl(url), headers };
    const brokerId = text('brokerId');
    this.#turns = this.#turns.then(() => this.#change(target, brokerId));
  }

  /** Sends what waits, once. */
  async stop(): Promise<void> {
    await this.#turns;
    await this.#current?.stop();
  }

  async #change(target: OtlpTarget | null, brokerId: string): Promise<void> {
    await this.#mayLoad;
    await this.#current?.stop();
    this.#current = null;
    if (target === null) return;
    const [{ OtlpShipper: Shipper }, { otlpPost }] = await Promise.all([
      import('./log/otlp-shipper.ts'),
      import('./log/node-otlp-post.ts'),
    ]);
    const log = this.#log;
    // Addresses may hold credentials, which lines do not.
    const { origin: url } = new URL(target.url);
    const shipper = new Shipper({
      clock: nodeLogClock,
      ship: otlpPost(target),
      resource: {
        'service.name': 'q-broker',
        'service.version': packageVersion(),
        'service.instance.id': brokerId,
        'process.pid': process.pid,
      },
      failed: (reason, count) =>
        log.warn({ event: 'log.not_shipped', url, reason, count }, 'the log does not reach its collector'),
      again: ({ dropped: count, forMs }) =>
        log.info({ event: 'log.shipped_again', url, count, forMs }, 'the log reaches its collector again'),
    });
    for (const line of log.tail.last(Infinity)) shipper.push(line);
    const unfollow = log.tail.follow((line) => shipper.push(line));
    const stop = async (): Promise<void> => {
      unfollow();
      await shipper.stop();
    };
    this.#current = { shipper, stop };
  }
}

/** An address without a path is that of a collector, whose path for logs is known. */
export function otlpUrl(endpoint: string): string {
  const url = new URL(endpoint);
  if (url.pathname === '/') url.pathname = '/v1/logs';
  return url.href;
}

/** `name=value;name=value` */
export function otlpHeaders(text: string): Record<string, string> {
  if (text === 'none') return {};
  return Object.fromEntries(
    text.split(';').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );
}
