/** A place in a log. `log` names one partition of one incarnation of a topic: see `formatLog`. */
export interface Position {
  readonly log: string;
  readonly offset: number;
}

/** A record as a reader got it. */
export interface ReadRecord extends Position {
  /** Unique over the whole run: see `formatValue`. */
  readonly value: string;
  /** Needed for compacted logs alone. */
  readonly key?: string | null;
}

/** One broken promise. */
export type Violation =
  | { readonly kind: 'lost'; readonly value: string; readonly acknowledged: Position }
  | { readonly kind: 'moved'; readonly value: string; readonly acknowledged: Position; readonly found: Position }
  | { readonly kind: 'duplicate'; readonly value: string; readonly found: readonly Position[] }
  | { readonly kind: 'phantom'; readonly value: string; readonly found: Position }
  | { readonly kind: 'failed but written'; readonly value: string; readonly found: Position }
  | { readonly kind: 'out of order'; readonly value: string; readonly after: string; readonly found: Position }
  | { readonly kind: 'gap'; readonly log: string; readonly expected: number; readonly found: number }
  | { readonly kind: 'inconsistent offset'; readonly at: Position; readonly values: readonly string[] }
  | { readonly kind: 'non-monotonic poll'; readonly reader: string; readonly after: number; readonly found: Position }
  | { readonly kind: 'skipped poll'; readonly reader: string; readonly value: string; readonly skipped: Position }
  | { readonly kind: 'vanished'; readonly reader: string; readonly value: string; readonly seen: Position }
  | { readonly kind: 'watermark back'; readonly log: string; readonly from: number; readonly to: number }
  | {
      readonly kind: 'committed offset back';
      readonly group: string;
      readonly log: string;
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'two owners'; readonly log: string; readonly members: readonly [before: string, after: string] }
  | { readonly kind: 'handed without owning'; readonly member: string; readonly handed: Position };

export type ViolationKind = Violation['kind'];

/** `producer/sequence`. */
export function formatValue(producer: string, sequence: number): string {
  return `${producer}/${sequence}`;
}

export function parseValue(value: string): { producer: string; sequence: number } {
  const slash = value.lastIndexOf('/');
  return { producer: value.slice(0, slash), sequence: Number(value.slice(slash + 1)) };
}

/** A topic that was deleted and made again is another one: give it another `incarnation`. */
export function formatLog(topic: string, partition: number, incarnation = 0): string {
  return incarnation === 0 ? `${topic}-${partition}` : `${topic}@${incarnation}-${partition}`;
}

export function positionOf({ log, offset }: Position): Position {
  return { log, offset };
}

export function positionKey({ log, offset }: Position): string {
  return `${log}:${offset}`;
}
