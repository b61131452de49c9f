/** The one consumer group of a simulation, over the one topic that keeps everything. */
export const groupName = 'g';
export const groupTopic = 'kept';
export const groupSessionMs = 3_000;

/** What goes with an offset that is committed by hand. */
export function textOf(offset: number): string {
  return `up to ${offset}`;
}
