/**
 * What each API of each door needs (rows A3; SEC-11, SEC-12): the specification of who may do what. A test for each
 * door holds it against the APIs that are served, and executes every row.
 */
import type { Operation, ResourceType } from './resource.ts';

/**
 * What becomes of a request without a right.
 * - `refused`: the whole request is.
 * - `part`: what is refused stands in the answer, beside what is not.
 * - `hidden`: it is left out, as if it was not there.
 */
export type Lack = 'refused' | 'part' | 'hidden';

/** One right that an API needs: on each thing of the kind that the request acts on or shows. */
export interface Need {
  readonly resource: ResourceType;
  readonly operation: Operation;
  /** Each of these does as well. */
  readonly or?: readonly Pick<Need, 'resource' | 'operation' | 'ofAny'>[];
  /** On at least one thing of the kind, whichever it is. */
  readonly ofAny?: true;
  readonly lack: Lack;
  /** When it is needed, or for what; always, and for all of it, if missing. A part of a sentence. */
  readonly when?: string;
}

/** By the name that the door gives the API. An empty list: whoever has been let in may. */
export type DoorNeeds = Readonly<Record<string, readonly Need[]>>;
