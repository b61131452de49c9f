import type { Topic } from './topic.ts';

/** Who wants to know when topics come, grow and go. Called when the change is in force, before it is answered. */
export interface TopicListener {
  /** The topic is new, or has more partitions than before. */
  topicGrew(topic: Topic): void;
  /** Nobody finds it any more. */
  topicDeleted(topic: Topic): void;
}
