/**
 * What a table of log events is made of. A logger that is typed by such a table takes no line without an event, no
 * event that is not in the table, none at another level, and no field that the table does not give it.
 */

/** Least severe first. A line of level `error` wants a person; `fatal` is the last one of a process. */
export type EventLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** What a field holds. An `error` is told with its message, code, stack and causes. */
export interface FieldKinds {
  readonly text: string;
  readonly number: number;
  readonly flag: boolean;
  readonly texts: readonly string[];
  readonly error: unknown;
}

/** One field, the same in every event that has it. The unit is in its name. */
export interface FieldEntry {
  readonly kind: keyof FieldKinds;
  readonly meaning: string;
}

/** All fields by name. */
export type FieldTable = Readonly<Record<string, FieldEntry>>;

/** One event: what its lines mean, and the fields that they carry. A field with `?` may be missing or null. */
export interface EventEntry {
  readonly level: EventLevel;
  readonly meaning: string;
  readonly fields: readonly string[];
}

/** All events by name: `subsystem.what_happened`. A name is for ever, as alerts and searches rest on it. */
export type EventTable = Readonly<Record<string, EventEntry>>;

type Needed<Name extends string> = Name extends `${string}?` ? never : Name;
type MayMiss<Name extends string> = Name extends `${infer Field}?` ? Field : never;
type Holds<Field, Fields extends FieldTable> = Field extends keyof Fields ? FieldKinds[Fields[Field]['kind']] : never;

/** What is written in a line of one event. */
type LineOf<Name extends string, FieldNames extends string, Fields extends FieldTable> = { readonly event: Name } & {
  readonly [Field in Needed<FieldNames>]: Holds<Field, Fields>;
} & { readonly [Field in MayMiss<FieldNames>]?: Holds<Field, Fields> | null | undefined };

/** Any line of one level. */
export type EventLine<Events extends EventTable, Fields extends FieldTable, Level extends EventLevel> = {
  [Name in keyof Events & string]: Events[Name]['level'] extends Level
    ? LineOf<Name, Events[Name]['fields'][number], Fields>
    : never;
}[keyof Events & string];
