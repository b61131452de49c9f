import { auditTable, logEvents, logFields } from '@q/broker';

interface EventRow {
  readonly level: string;
  readonly meaning: string;
  readonly fields: readonly string[];
}

const kinds: Readonly<Record<string, string>> = {
  text: 'text',
  number: 'number',
  flag: 'true or false',
  texts: 'list of texts',
  error: 'object',
};

const events: readonly (readonly [string, EventRow])[] = Object.entries(logEvents);

/** A table of events for each subsystem. */
export function eventsMarkdown(): string {
  const subsystems = [...new Set(events.map(([name]) => subsystemOf(name)))].toSorted();
  return subsystems.map((subsystem) => sectionOf(subsystem)).join('\n');
}

function sectionOf(subsystem: string): string {
  const rows = events
    .filter(([name]) => subsystemOf(name) === subsystem)
    .map(([name, { level, meaning, fields }]) => [`\`${name}\``, level, meaning, fieldsOf(fields)]);
  return `### ${subsystem}\n\n${table(['event', 'level', 'meaning', 'fields'], rows)}`;
}

function fieldsOf(fields: readonly string[]): string {
  return fields.map((field) => `\`${field}\``).join(', ');
}

/** What the audit trail tells. */
export function auditMarkdown(): string {
  const rows = Object.entries(auditTable).map(([name, { meaning, facts }]) => [
    `\`${name}\``,
    meaning,
    fieldsOf(facts),
  ]);
  return table(['event', 'meaning', 'before, after'], rows);
}

/** Every field once. */
export function fieldsMarkdown(): string {
  const rows = Object.entries(logFields)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, { kind, meaning }]) => [`\`${name}\``, kinds[kind] ?? kind, meaning]);
  return table(['field', 'holds', 'meaning'], rows);
}

function subsystemOf(name: string): string {
  return name.split('.')[0]!;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}
