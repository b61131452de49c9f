/** A word that may stand at the cursor. */
export interface Candidate {
  readonly word: string;
  /** What shells show beside it. */
  readonly about?: string;
}
