import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One request of a real client, and what a real Kafka answered: frames without their lengths. */
export interface Exchange {
  readonly flow: string;
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly request: Buffer;
  /** Null where there was none. */
  readonly response: Buffer | null;
}

interface Line {
  readonly flow: string;
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly request: string;
  readonly response: string | null;
}

const folder = fileURLToPath(new URL('captures/', import.meta.url));
export const captureFiles = [
  'java',
  'java-4.4',
  'kafkajs',
  'librdkafka',
  'platformatic',
  'raw-fetch-4.4',
  'sasl-4.4',
] as const;

/** What was recorded of one API, of all clients. */
export function capturesOf(apiKey: number): Exchange[] {
  return captureFiles.flatMap((name) => exchangesIn(name)).filter((exchange) => exchange.apiKey === apiKey);
}

export function exchangesIn(name: (typeof captureFiles)[number] | 'layouts-4.4'): Exchange[] {
  const lines = JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')) as readonly Line[];
  return lines.map(({ request, response, ...line }) => ({
    ...line,
    request: Buffer.from(request, 'base64'),
    response: response === null ? null : Buffer.from(response, 'base64'),
  }));
}
