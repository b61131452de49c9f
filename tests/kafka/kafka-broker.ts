import { fileURLToPath } from 'node:url';
import { BrokerProcess } from '@q/testkit';

const brokerMain = fileURLToPath(new URL('../../apps/broker/src/main.ts', import.meta.url));

/** A broker in a process of its own, with its door for Kafka clients, which can be killed and started again. */
export class KafkaBroker implements AsyncDisposable {
  readonly #folder: string;
  readonly #args: readonly string[];
  readonly kafkaPort: number;
  #process: BrokerProcess;

  private constructor(
    process: BrokerProcess,
    kafkaPort: number,
    { folder, args }: { folder: string; args: readonly string[] },
  ) {
    this.#process = process;
    this.kafkaPort = kafkaPort;
    this.#folder = folder;
    this.#args = args;
  }

  static async start(folder: string, args: readonly string[] = []): Promise<KafkaBroker> {
    const process = await BrokerProcess.start({
      main: brokerMain,
      args: ['--data-dir', folder, '--kafka-port', '0', ...args],
    });
    return new KafkaBroker(process, kafkaPortOf(process), { folder, args });
  }

  /** `q://host:port`, another one after each start. */
  get url(): string {
    return this.#process.url;
  }

  /** What Kafka clients call `bootstrap.servers`. */
  get bootstrap(): string {
    return `127.0.0.1:${this.kafkaPort}`;
  }

  get log(): string {
    return this.#process.log;
  }

  /** SIGKILL, and a start on the same folder and the same port for Kafka clients. */
  async crash(): Promise<void> {
    await this.#process.kill();
    this.#process = await BrokerProcess.start({
      main: brokerMain,
      args: ['--data-dir', this.#folder, '--kafka-port', String(this.kafkaPort), ...this.#args],
    });
  }

  /** Requests that Kafka clients have sent so far, by API. */
  async requests(): Promise<ReadonlyMap<string, number>> {
    const answer = await fetch(`${this.#process.adminUrl}/stats`);
    const { requests } = (await answer.json()) as { requests: Readonly<Record<string, { readonly count: number }>> };
    const ofKafka = Object.entries(requests).filter(([api]) => api.startsWith('kafka.'));
    return new Map(ofKafka.map(([api, { count }]) => [api, count]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.kill();
  }
}

function kafkaPortOf({ log }: BrokerProcess): number {
  const address = /"kafkaAddress":"[^"]*:(\d+)"/.exec(log)?.[1];
  if (address === undefined) throw new Error(`the broker has no door for Kafka clients:\n${log}`);
  return Number(address);
}
