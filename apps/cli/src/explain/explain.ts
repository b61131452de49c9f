import { errorTable } from '@q/client';
import type { ErrorEntry } from '@q/client';
import { nearest } from '../input/nearest.ts';
import { errorPages } from './error-pages.ts';
import type { ErrorPage } from './error-page.ts';
import { kafkaCodes } from './kafka-codes.ts';
import type { KafkaCode } from './kafka-codes.ts';

/** An error of q with all there is to say about it. */
export interface ExplainedError extends ErrorEntry {
  readonly page: ErrorPage;
  /** How Kafka clients print it; none where they never meet it. */
  readonly kafka: readonly KafkaCode[];
}

/** What a word or number stands for. `STALE_MEMBER_EPOCH`, say, is an error of both protocols. */
export interface Explanation {
  readonly errors: readonly ExplainedError[];
  readonly kafka: readonly KafkaCode[];
  /** The nearest name where there is no such one; null where none is near. */
  readonly nearest: string | null;
}

/** Kafka's alone, where q has the same number for something else. */
const kafkaPrefix = /^kafka[.:_ -]?/i;

/** @param word a code of q, or of Kafka: by name or by number, in any case; `kafka:3` is Kafka's number alone */
export function explain(word: string): Explanation {
  const isKafkas = kafkaPrefix.test(word);
  const wanted = (isKafkas ? word.replace(kafkaPrefix, '') : word).trim();
  const name = wanted.toUpperCase().replaceAll(/[\s-]+/g, '_');
  const number = /^-?\d{1,6}$/.test(wanted) ? Number(wanted) : null;
  const entries = errorTable.filter((entry) => (number === null ? entry.name === name : entry.code === number));
  const kafka = kafkaCodes.filter((code) => (number === null ? code.name === name : code.number === number));
  const errors = isKafkas && kafka.length > 0 ? [] : entries.map(explained);
  if (errors.length + kafka.length > 0) return { errors, kafka, nearest: null };
  const names = [...errorTable, ...kafkaCodes].map((known) => known.name);
  return { errors, kafka, nearest: number === null ? (nearest(name, names) ?? null) : null };
}

/** Every error with its page, by number. */
export function explainedErrors(): ExplainedError[] {
  return errorTable.map(explained);
}

function explained(entry: ErrorEntry): ExplainedError {
  const kafka = kafkaCodes.filter(({ stands }) => stands.includes(entry.name));
  return { ...entry, page: errorPages[entry.name], kafka };
}
