import { describe, expect, it } from 'vitest';
import { noBrokerHint } from '../src/no-broker-hint.ts';

const start = 'start one with "pnpm start", or name another with --url';

describe('the hint when there is no broker', () => {
  it('W3 names the native port to whoever asks at the one of Kafka clients', () => {
    const kafka = `${start}; if that is the port of Kafka clients (9092), use the broker's own (7420)`;
    for (const url of ['q://127.0.0.1:9092', 'localhost:9092', 'q://[::1]:9092/'])
      expect(noBrokerHint(url, 'pnpm start')).toBe(kafka);
    for (const url of ['q://127.0.0.1:7420', 'localhost:19092', 'localhost:9093', 'localhost:90921'])
      expect(noBrokerHint(url, 'pnpm start')).not.toContain('Kafka');
  });
});
