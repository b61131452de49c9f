/** A bug that is put into the product's source while it is loaded, in a test's child process and nowhere else. */
export interface Mutation {
  /** Says what is wrong with the product then. */
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  /** Must occur exactly once: a mutation that has outlived the code it changes fails loudly. */
  readonly find: string;
  readonly replace: string;
  /** It takes a rare chain of events to show: hunted by the whole set alone, which has the time. */
  readonly isRare?: boolean;
  /** Only clients at the Kafka door meet it: every simulation has some. */
  readonly isOfKafka?: boolean;
  /** The simulation of transactions is to catch it. */
  readonly isOfTransactions?: boolean;
  /** The simulation meets it once in many thousands of runs: the file of the test that is there to catch it. */
  readonly test?: string;
}

export function mutate(source: string, { name, file, find, replace }: Mutation): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(`the planted bug "${name}" is out of date: its text is ${parts.length - 1} times in ${file}`);
  return parts.join(replace);
}
