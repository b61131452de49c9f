import type { FieldShape, KindShape, StructShape } from '../src/index.ts';
import type { LayoutField } from './record-batch-layout.ts';
import type { ApiSpecification, Specification } from './specification.ts';
import { wrapped } from './wrapped.ts';

/** The specification for people. */
export function toMarkdown(spec: Specification): string {
  const sections = [
    `# ${capitalized(spec.name)}`,
    'Generated from the declarations in `packages/protocol/src` by `pnpm spec`; `protocol.json` beside it has the same for programs, `../vectors` has golden messages and batches. Do not edit.',
    contents(spec),
    '## Connection',
    spec.connection.map((step, index) => `${index + 1}. ${step}`).join('\n'),
    ...framesSection(spec),
    ...kindsSection(spec),
    '## APIs',
    table(
      ['key', 'name', 'versions', 'what it does'],
      spec.apis.map((api) => [String(api.key), `[${api.name}](#${anchor(api)})`, versionsOf(api), api.doc]),
    ),
    ...spec.apis.flatMap(apiSection),
    ...errorsSection(spec),
    ...batchSection(spec),
    '## Limits',
    table(
      ['name', 'value', 'what it bounds'],
      spec.limits.map(({ name, value, doc }) => [name, String(value), doc]),
    ),
    '',
  ];
  return wrapped(sections.join('\n\n').trimEnd()) + '\n';
}

function contents(spec: Specification): string {
  const sections = ['Connection', 'Frames', 'Kinds of fields', 'APIs', 'Errors', 'Record batch', 'Limits'];
  const entries = sections.map((name) => `[${name}](#${name.toLowerCase().replaceAll(' ', '-')})`);
  return `${entries.join(' · ')} (${spec.apis.length} APIs, ${spec.errors.length} errors)`;
}

function framesSection(spec: Specification): string[] {
  return [
    '## Frames',
    'Everything on a connection is a frame: a length and that many bytes. All numbers are big-endian.',
    '### Request',
    layoutTable(spec.frameHeader.request),
    '### Answer',
    layoutTable(spec.frameHeader.response),
    '### Error body',
    'The same for every API and version; frozen.',
    structTable(spec.errorBody),
  ];
}

function kindsSection(spec: Specification): string[] {
  return [
    '## Kinds of fields',
    table(['kind', 'on the wire'], Object.entries(spec.kinds)),
    'A body ends with its last field: bytes left over are an error. Lengths and counts are checked against the bytes that remain before anything is allocated.',
    '### In JSON',
    'The test vectors show messages as JSON:',
    spec.jsonForm.map((line) => `- ${line}`).join('\n'),
  ];
}

function apiSection(api: ApiSpecification): string[] {
  return [
    `### ${heading(api)}`,
    `${api.doc} Versions: ${versionsOf(api)}.`,
    '**Request**',
    structTable(api.request),
    '**Answer**',
    structTable(api.response),
  ];
}

function errorsSection(spec: Specification): string[] {
  return [
    '## Errors',
    'Kinds: `retry` - the same request may succeed later; `fix` - change the request or the configuration; `fatal` - this producer, connection or partition cannot go on. Numbers from 200 on are made by clients and are never sent.',
    table(
      ['code', 'name', 'kind', 'what it means', 'what to do'],
      spec.errors.map(({ code, name, kind, description, action }) => [String(code), name, kind, description, action]),
    ),
  ];
}

function batchSection({ recordBatch }: Specification): string[] {
  return [
    '## Record batch',
    recordBatch.notes.map((note) => `- ${note}`).join('\n'),
    '### Batch',
    layoutTable(recordBatch.header),
    '### Attributes',
    table(
      ['bits', 'meaning'],
      recordBatch.attributes.map(({ bits, doc }) => [bits, doc]),
    ),
    '### Record',
    layoutTable(recordBatch.record),
    'Then each header:',
    layoutTable(recordBatch.recordHeader),
  ];
}

function structTable(shape: StructShape): string {
  const rows = fieldRows(shape.fields, '');
  return rows.length === 0 ? 'No fields.' : table(['field', 'kind', 'since', 'meaning'], rows);
}

/** A row for each field; the fields of inner structs follow theirs, with its path in front. */
function fieldRows(fields: readonly FieldShape[], path: string): string[][] {
  return fields.flatMap(({ name, kind, since, doc }) => {
    const own = [`${path}${name}`, kindName(kind), String(since), doc];
    const inner = innerStruct(kind);
    return [
      own,
      ...(inner === null ? [] : fieldRows(inner.fields, `${path}${name}${kind.type === 'struct' ? '' : '[]'}.`)),
    ];
  });
}

function innerStruct(kind: KindShape): StructShape | null {
  if (kind.type === 'struct') return kind;
  return 'element' in kind ? innerStruct(kind.element) : null;
}

function kindName(kind: KindShape): string {
  if (kind.type === 'struct') return kind.name;
  return 'element' in kind ? `${kind.type}(${kindName(kind.element)})` : kind.type;
}

function layoutTable(fields: readonly LayoutField[]): string {
  const hasPlace = fields.some(({ at }) => at !== undefined);
  if (!hasPlace)
    return table(
      ['field', 'type', 'meaning'],
      fields.map(({ name, type, doc }) => [name, type, doc]),
    );
  return table(
    ['at', 'field', 'type', 'meaning'],
    fields.map(({ at, name, type, doc }) => [String(at), name, type, doc]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function versionsOf({ versions: { min, max } }: ApiSpecification): string {
  return min === max ? String(min) : `${min}-${max}`;
}

function heading(api: ApiSpecification): string {
  return `${api.name} (${api.key})`;
}

function anchor(api: ApiSpecification): string {
  return heading(api).toLowerCase().replaceAll(/[()]/g, '').replaceAll(' ', '-');
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
