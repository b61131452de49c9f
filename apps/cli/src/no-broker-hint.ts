/** A program that knows Kafka's port by heart finds the broker's other door there. */
const kafkaPort = /:9092(?!\d)/;

/** What to do when no broker answers at `url`; `call` starts one. */
export function noBrokerHint(url: string, call: string): string {
  const hint = `start one with "${call}", or name another with --url`;
  if (!kafkaPort.test(url)) return hint;
  return `${hint}; if that is the port of Kafka clients (9092), use the broker's own (7420)`;
}
