/** The one consumer group of a simulation, over the one topic that keeps everything. */
export const groupName = 'g';
export const groupTopic = 'kept';
export const groupSessionMs = 3_000;
