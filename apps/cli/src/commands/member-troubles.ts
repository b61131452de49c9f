import type { GroupConsumer } from '@q/client';
import { jsonLine } from '../error-line.ts';
import { namePartitions } from '../output/partition-ranges.ts';

/** What goes wrong in the background of a member: it does not end the loop, and is no secret either. */
export class MemberTroubles {
  #hasFailed = false;

  /**
   * @param o.write gets one line, with its newline, for each trouble; with `json` an error is an object, as everywhere
   */
  constructor(
    consumer: Pick<GroupConsumer, 'on'>,
    o: { readonly write: (line: string) => void; readonly json: boolean },
  ) {
    const { write, json } = o;
    consumer.on('lost', ({ partitions }) => {
      write(
        `the group has taken ${namePartitions(partitions)} away: what was written since the last commit may come again\n`,
      );
    });
    consumer.on('error', ({ message, code }) => {
      this.#hasFailed = true;
      write(json ? jsonLine({ code, message, hint: null }) : `${message} (${code})\n`);
    });
  }

  /**
   * A commit was refused or never answered, or so was the leaving: the group may not know of everything that was
   * handled.
   */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }
}
