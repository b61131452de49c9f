/**
 * The broker with a journal that fits on a small disk, which no setting of the program gives; run by `BrokerProcess`,
 * with its flags.
 */
import { parseArgs } from 'node:util';
import { startBroker } from '@q/broker';

const option = { type: 'string' } as const;
const { values } = parseArgs({
  // Given by whoever starts brokers: this one has no door for Kafka clients.
  options: {
    port: option,
    'admin-port': option,
    'kafka-port': option,
    'log-format': option,
    'data-dir': option,
    'maintenance-ms': option,
  },
});
const say = (fields: object): void => void process.stdout.write(`${JSON.stringify(fields)}\n`);
const line =
  (level: string) =>
  (fields: object, msg: string): void => {
    const { err, error } = fields as { err?: Error; error?: Error };
    say({ level, msg, ...fields, reason: (err ?? error)?.message });
  };

const broker = await startBroker({
  dataDir: values['data-dir'] ?? '',
  port: Number(values.port),
  admin: false,
  limits: { maintenanceIntervalMs: Number(values['maintenance-ms'] ?? 100), termRetryMs: 50 },
  storageLimits: {
    journalFiles: 3,
    journalFileBytes: 512 << 10,
    journalPieceBytesMax: 64 << 10,
    journalMissesBefore: 0,
  },
  logger: { debug: () => undefined, info: line('info'), warn: line('warn'), error: line('error') },
  onFatal: (error) => {
    say({ level: 'fatal', msg: error.message });
    process.exit(1);
  },
});
say({ msg: 'ready', url: broker.url, adminUrl: null });
process.once('SIGTERM', () => {
  void broker.close().then(
    () => process.exit(0),
    (error: unknown) => {
      say({ level: 'fatal', msg: String(error) });
      process.exit(1);
    },
  );
});
