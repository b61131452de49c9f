/**
 * Hands out producer ids: 0, 1, 2, … each to one producer for ever.
 *
 * A pure state machine: it has no clock, no I/O and no randomness. It asks for a block of ids through an effect, the
 * broker makes the block durable in its metadata store and says so with a command. One block serves many producers,
 * so handing out an id costs a durable write only once per block.
 *
 * Invariants:
 *  1. An id is handed out at most once, also across restarts: ids come only from blocks that are durable, and what
 *     was left of a block when the broker stopped is never used again.
 *  2. At most one block is being reserved at a time (`reserving`).
 *  3. The epoch of an id only rises. At `producerEpochMax` the producer gets a new id at epoch 0 instead, because an
 *     epoch that wrapped to 0 would look like an old one to every partition.
 */
import { coordinatorLimits } from './limits.ts';

/** Largest epoch that is handed out. The field is an i16; the last value is left unused, so epoch + 1 always fits. */
export const producerEpochMax = 32_766;

/** The ids of producers at one moment. Never changed: a step makes a new one. */
export interface ProducerIds {
  /** The next id to hand out. */
  readonly nextId: number;
  /** First id behind the durable block; `nextId === blockEnd` means that the block is used up. */
  readonly blockEnd: number;
  /** All ids below this were in a durable block once: a producer that names one of them is believed. */
  readonly knownEnd: number;
  /** A block was asked for and has not come yet. */
  readonly reserving: boolean;
}

/** A producer's id and epoch, which its batches carry. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** What can be asked for. */
export type ProducerIdsCommand =
  /** A producer without an id wants one. */
  | { readonly kind: 'new' }
  /** A producer wants a higher epoch for its id, which fences every batch that it sent with the older one. */
  | { readonly kind: 'bump'; readonly identity: ProducerIdentity }
  /** The block that `reserve-block` asked for is durable: `size` ids from `firstId` on. */
  | { readonly kind: 'block-reserved'; readonly firstId: number; readonly size: number }
  /** The block could not be made durable; the next command that needs one asks again. */
  | { readonly kind: 'block-refused' };

/** The answer to a command. */
export type ProducerIdsResult =
  | { readonly kind: 'identity'; readonly identity: ProducerIdentity }
  /** No id at hand: repeat the command once the block that was asked for is there. */
  | { readonly kind: 'wait' }
  /** The id was never handed out by this log. */
  | { readonly kind: 'unknown-id' }
  /** The command was news for the machine only. */
  | { readonly kind: 'none' };

/**
 * What the broker must do. `reserve-block`: claim `size` ids durably, then send `block-reserved` or `block-refused`.
 */
export interface ProducerIdsEffect {
  readonly kind: 'reserve-block';
  readonly size: number;
}

/** What a command made of the state, and what is to be done about it. */
export interface ProducerIdsStep {
  readonly state: ProducerIds;
  readonly result: ProducerIdsResult;
  readonly effects: readonly ProducerIdsEffect[];
}

/**
 * The machine at start.
 * @param knownEnd first id that no durable block has covered so far; 0 for a new log
 */
export function createProducerIds(knownEnd: number): ProducerIds {
  return { nextId: knownEnd, blockEnd: knownEnd, knownEnd, reserving: false };
}

/** Applies one command. The same state and command always give the same step. */
export function reserve(state: ProducerIds, command: ProducerIdsCommand): ProducerIdsStep {
  switch (command.kind) {
    case 'new':
      return handOut(state);
    case 'bump':
      return bump(state, command.identity);
    case 'block-reserved':
      return step(addBlock(state, command.firstId, command.size), { kind: 'none' });
    case 'block-refused':
      return step({ ...state, reserving: false }, { kind: 'none' });
  }
}

function handOut(state: ProducerIds): ProducerIdsStep {
  if (state.nextId < state.blockEnd) {
    const identity = { producerId: state.nextId, producerEpoch: 0 };
    return step({ ...state, nextId: state.nextId + 1 }, { kind: 'identity', identity });
  }
  if (state.reserving) return step(state, { kind: 'wait' });
  const effects = [{ kind: 'reserve-block', size: coordinatorLimits.producerIdBlockSize }] as const;
  return { state: { ...state, reserving: true }, result: { kind: 'wait' }, effects };
}

function bump(state: ProducerIds, { producerId, producerEpoch }: ProducerIdentity): ProducerIdsStep {
  if (producerId < 0 || producerId >= state.knownEnd) return step(state, { kind: 'unknown-id' });
  if (producerEpoch >= producerEpochMax) return handOut(state);
  // The machine keeps nothing per id: the partitions' own producer state fences the older epoch, and a producer that
  // asks twice because an answer was lost gets the same epoch twice.
  const identity = { producerId, producerEpoch: Math.max(producerEpoch, -1) + 1 };
  return step(state, { kind: 'identity', identity });
}

function addBlock(state: ProducerIds, firstId: number, size: number): ProducerIds {
  if (firstId < state.knownEnd || size < 1) {
    throw new RangeError(`A block of ${size} ids from ${firstId} on overlaps the ids below ${state.knownEnd}`);
  }
  const blockEnd = firstId + size;
  return { nextId: firstId, blockEnd, knownEnd: blockEnd, reserving: false };
}

function step(state: ProducerIds, result: ProducerIdsResult): ProducerIdsStep {
  return { state, result, effects: [] };
}
