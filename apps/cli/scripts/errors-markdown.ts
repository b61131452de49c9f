import { explainedErrors } from '../src/explain/explain.ts';
import type { ExplainedError } from '../src/explain/explain.ts';
import { kafkaCodes } from '../src/explain/kafka-codes.ts';

/** A section for each error, in the order of their numbers; their names are the anchors. */
export function errorsMarkdown(): string {
  return explainedErrors().map(sectionOf).join('\n');
}

function sectionOf({ name, code, kind, description, action, page, kafka }: ExplainedError): string {
  return [
    `## ${name}\n\n${wrapped(`Number ${code}, kind \`${kind}\`. ${description} ${action}`)}`,
    list('Why', page.causes),
    list('In the program', page.client),
    list('At the broker', page.broker),
    kafka.length === 0
      ? ''
      : `\n${wrapped(`Kafka clients see it as ${kafka.map((seen) => `\`${seen.name}\` (${seen.number})`).join(', ')}.`)}`,
  ].join('');
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? '' : `\n${title}:\n\n${items.map((item) => wrapped(`- ${item}`, '  ')).join('')}`;
}

export function kafkaMarkdown(): string {
  const rows = kafkaCodes.map(({ number, name, meaning, stands }) => {
    const links = stands.map((code) => `[${code}](#${code.toLowerCase()})`).join(', ');
    return `| ${number} | \`${name}\` | ${meaning} | ${links} |\n`;
  });
  return `| number | name | meaning | stands for |\n| --- | --- | --- | --- |\n${rows.join('')}`;
}

/** Documents have lines of at most 120 characters. */
function wrapped(text: string, indent = ''): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= lineMax) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

const lineMax = 120;
