import type { ErrorPage } from './error-page.ts';

type TopicError =
  | 'UNKNOWN_TOPIC'
  | 'UNKNOWN_TOPIC_ID'
  | 'UNKNOWN_PARTITION'
  | 'TOPIC_EXISTS'
  | 'INVALID_TOPIC_NAME'
  | 'INVALID_PARTITIONS'
  | 'INVALID_REPLICAS'
  | 'INVALID_CONFIG'
  | 'TOPIC_LIMIT'
  | 'NOT_LEADER'
  | 'STALE_LEADER_EPOCH'
  | 'UNKNOWN_LEADER_EPOCH';

/** Topics, their settings, and who leads their partitions. */
export const topicPages: Readonly<Record<TopicError, ErrorPage>> = {
  UNKNOWN_TOPIC: {
    causes: [
      'The name is misspelt. Capital letters count.',
      'Nobody has made the topic yet, and the broker does not make topics by itself unless `autoCreateTopics` is set.',
      'The program talks to another broker than the one that has the topic.',
    ],
    client: ['`q topic list` shows what there is. `q topic create NAME` makes one.'],
    broker: [
      'Start the broker with `--auto-create-topics true` if topics are to come into being with their first use.',
    ],
  },
  UNKNOWN_TOPIC_ID: {
    causes: [
      'The topic was deleted while a program used it.',
      'It was deleted and made again under the same name: that is another topic, with other records.',
    ],
    client: [
      'Nothing: clients look the name up again. A consumer of a topic that was made anew starts as a new one does.',
    ],
    broker: ['The line `topic.deleted` says who deleted the topic, and when.'],
  },
  UNKNOWN_PARTITION: {
    causes: [
      'The number is as large as the count of partitions, or larger. Partitions are counted from 0.',
      'The program was written for a topic with more partitions.',
    ],
    client: ['`q topic describe NAME` shows the partitions. Leave the choice to the client where it does not matter.'],
    broker: ['`q topic add-partitions NAME COUNT` adds some. Keys go to other partitions from then on.'],
  },
  TOPIC_EXISTS: {
    causes: ['A program creates its topic at each start.', 'Two programs create the same topic.'],
    client: ['Go on: the topic is there. `q topic create --if-missing` says that this is meant.'],
    broker: [],
  },
  INVALID_TOPIC_NAME: {
    causes: [
      'The name has a slash, a space, a letter outside of A-Z, or is longer than 249 characters.',
      'It begins with two underscores, which are for topics of the broker itself.',
    ],
    client: ['Choose another name: `orders.eu.paid`, `orders-v2`.'],
    broker: [],
  },
  INVALID_PARTITIONS: {
    causes: [
      'The count is below 1, or above `partitionsPerTopicMax` (10,000).',
      'Partitions were to be added, and the new total is not larger than the old one. Their number never shrinks.',
    ],
    client: ['The number that `add-partitions` takes is the new total, not how many to add.'],
    broker: ['Raise `partitionsPerTopicMax` with `--limit`, if so many are really needed.'],
  },
  INVALID_REPLICAS: {
    causes: ['More copies were asked for than there are brokers. One broker keeps one copy.'],
    client: ['Leave the number out, or use 1.'],
    broker: [],
  },
  INVALID_CONFIG: {
    causes: [
      'The name of a setting is misspelt, or its value is not allowed. The message names both, and what is allowed.',
      'Two settings contradict each other, such as a `max.message.bytes` that no frame has room for.',
      'At a start: the data folder is in use by another broker, or was written by a newer release.',
    ],
    client: ['Correct what the message names. `q topic describe NAME` shows the settings of a topic in force.'],
    broker: ['`q-broker --check-config` reads all settings and starts nothing.'],
  },
  TOPIC_LIMIT: {
    causes: [
      'The broker has as many topics (`topicsMax`, 10,000) or partitions (`partitionsMax`, 20,000) as it may.',
      'The process may have few files open, which lowers what the broker takes.',
      'A program makes a topic for each customer, order or session. Keys within one topic do that better.',
    ],
    client: ['Delete topics that nobody needs. Put what belongs together into one topic, and tell it apart by key.'],
    broker: ['Raise the limit with `--limit partitionsMax=…`. Each partition costs memory and time at a start.'],
  },
  NOT_LEADER: {
    causes: ['The partition has another leader than the client believes, or has none at the moment.'],
    client: ['Nothing: clients ask for metadata again and send to the leader.'],
    broker: [],
  },
  STALE_LEADER_EPOCH: {
    causes: ['The broker was started again after a crash, and the client has not heard of it yet.'],
    client: ['Nothing: clients ask for metadata again. It passes within a second.'],
    broker: ['The line `broker.follows_crash` says that the last run did not end cleanly.'],
  },
  UNKNOWN_LEADER_EPOCH: {
    causes: [
      'The client was told of a newer leader than this broker knows.',
      'The data folder was replaced by an older copy, while clients remember the newer one.',
    ],
    client: [
      'Wait and try again; clients do. When it goes on, start the program again, so that it forgets what it knew.',
    ],
    broker: ['After a restore from a backup it is to be expected from programs that were running all the time.'],
  },
};
