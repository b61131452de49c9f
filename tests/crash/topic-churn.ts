import { QError } from '@q/client';
import type { Admin } from '@q/client';
import type { SeededRandom } from '@q/testkit';

/** What is known of a topic: it was answered that it is there, or gone, or the answer is missing. */
type Knowledge = 'there' | 'gone' | 'unknown';

const names = ['churn-0', 'churn-1', 'churn-2', 'churn-3'];

/**
 * Creates and deletes topics all the time, and remembers what it was told, over all the brokers of a run.
 *
 * Invariant: what is known of a topic is `unknown` from before a change is asked for until its answer is there.
 */
export class TopicChurn {
  readonly #random: SeededRandom;
  readonly #known = new Map<string, Knowledge>(names.map((name) => [name, 'gone']));
  changes = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Until the broker is gone. */
  async run(admin: Admin): Promise<void> {
    for (;;) {
      const name = this.#random.pick(names);
      const before = this.#known.get(name)!;
      this.#known.set(name, 'unknown');
      try {
        this.#known.set(name, await this.#change(admin, name, before));
        this.changes += 1;
      } catch (error) {
        if (!QError.is(error)) throw error;
        return;
      }
    }
  }

  async #change(admin: Admin, name: string, before: Knowledge): Promise<Knowledge> {
    const isThere =
      before === 'unknown' ? (await admin.listTopics()).some((topic) => topic.name === name) : before === 'there';
    if (isThere) await admin.deleteTopic(name);
    else await admin.createTopic(name, { partitions: this.#random.between(1, 3) });
    return isThere ? 'gone' : 'there';
  }

  /** What is not as it was answered. */
  async wrongs(admin: Admin): Promise<string[]> {
    const topics = new Set((await admin.listTopics()).map(({ name }) => name));
    return [...this.#known].flatMap(([name, known]) => {
      if (known === 'there' && !topics.has(name)) return [`topic ${name} was created, and is gone`];
      return known === 'gone' && topics.has(name) ? [`topic ${name} was deleted, and is there`] : [];
    });
  }
}
