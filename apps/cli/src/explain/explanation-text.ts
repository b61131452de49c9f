import { styleText } from 'node:util';
import type { ExplainedError, Explanation } from './explain.ts';
import type { KafkaCode } from './kafka-codes.ts';

const kinds = {
  retry: 'the same request may succeed later',
  fix: 'the same request will fail again until something is changed',
  fatal: 'this producer, connection or partition cannot go on',
} as const;

/** @param width columns of a terminal to wrap at; null: lines are as long as they are, for a pipe */
export function explanationText({ errors, kafka }: Explanation, width: number | null): string {
  const blocks = [
    ...errors.map((error) => errorText(error, width)),
    ...kafka.map((code) => kafkaText(code, { isAlone: errors.length === 0, width })),
  ];
  return blocks.join('\n');
}

function errorText(
  { name, code, kind, description, action, page, kafka }: ExplainedError,
  width: number | null,
): string {
  const parts = [
    `${styleText('bold', name)} (${code}): ${kinds[kind]}\n`,
    paragraph(`${description} ${action}`, width),
    list('Why', page.causes, width),
    list('In the program', page.client, width),
    list('At the broker', page.broker, width),
    kafka.length === 0 ? '' : `\n${paragraph(`Kafka clients see it as ${kafkaNames(kafka)}.`, width)}`,
  ];
  return parts.join('');
}

function kafkaNames(codes: readonly KafkaCode[]): string {
  return codes.map(({ name, number }) => `${name} (${number})`).join(', ');
}

function kafkaText(
  { name, number, meaning, stands }: KafkaCode,
  o: { isAlone: boolean; width: number | null },
): string {
  const others = stands.map((code) => `q explain ${code}`).join(', ');
  const more = stands.length === 0 || !o.isAlone ? '' : ` It stands for what these explain: ${others}.`;
  return `${styleText('bold', name)} (${number}) of the Kafka protocol\n${paragraph(`${meaning}${more}`, o.width)}`;
}

function list(title: string, items: readonly string[], width: number | null): string {
  if (items.length === 0) return '';
  const lines = items.map((item) => wrapped(item, { first: '  - ', rest: '    ', width }));
  return `\n${styleText('bold', title)}\n${lines.join('')}`;
}

function paragraph(text: string, width: number | null): string {
  return wrapped(text, { first: '  ', rest: '  ', width });
}

function wrapped(text: string, o: { first: string; rest: string; width: number | null }): string {
  const lines: string[] = [];
  let line = o.first;
  let isEmpty = true;
  for (const word of text.split(' ')) {
    if (!isEmpty && o.width !== null && line.length + 1 + word.length > o.width) {
      lines.push(line);
      line = o.rest;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  lines.push(line);
  return lines.map((full) => `${full}\n`).join('');
}
