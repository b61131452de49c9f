import { readFileSync } from 'node:fs';
import { QError, errorTable } from '@q/protocol';
import { describe, expect, it } from 'vitest';
import { kafkaErrorCode, toKafkaError } from '../../src/errors/kafka-errors.ts';

/** The rows of docs/ERRORS.md, which is made of what `q explain` knows. */
function explained(): Map<string, { number: number; stands: string[] }> {
  const text = readFileSync(new URL('../../../../docs/ERRORS.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| (-?\d+)\s*\| `([A-Z_]+)`\s*\| .*\| (.*)\|$/gm)];
  return new Map(
    rows.map(([, number = '', name = '', stands = '']) => [
      name,
      { number: Number(number), stands: [...stands.matchAll(/\[([A-Z_]+)\]/g)].map(([, code = '']) => code) },
    ]),
  );
}

describe('q explain and the errors of the Kafka door', () => {
  it('Q2 B1 have the same names and numbers', () => {
    const known = Object.fromEntries([...explained()].map(([name, { number }]) => [name, number]));
    expect(known).toEqual({ ...kafkaErrorCode, NONE: undefined });
  });

  it('Q2 B1 lead from what a Kafka client prints to the error of the broker', () => {
    const rows = explained();
    const lost = errorTable
      .map(({ name }) => [name, toKafkaError(new QError(name, '')).kafkaName] as const)
      .filter(([, kafkaName]) => kafkaName !== 'UNKNOWN_SERVER_ERROR')
      .filter(([name, kafkaName]) => rows.get(kafkaName)?.stands.includes(name) !== true);
    expect(lost).toEqual([]);
  });
});
