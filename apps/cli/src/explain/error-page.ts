/** What there is to say about an error beside its line in the table of the protocol. */
export interface ErrorPage {
  /** How it comes about, each way in a sentence or two. */
  readonly causes: readonly string[];
  /** What to do in the program that meets it, in the order in which to try it. */
  readonly client: readonly string[];
  /** What whoever runs the broker can do. Empty where there is nothing. */
  readonly broker: readonly string[];
}
