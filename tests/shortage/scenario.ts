/** What a scenario runs into: a step, and what went wrong in it; null for nothing. */
export type Expect = (step: string, wrong: string | null) => void;

export interface Scenario {
  readonly name: string;
  /** What the machine has to have for it; see `whyNot`. */
  readonly needs: 'nothing' | 'prlimit' | 'another user' | 'a cgroup of PIDs';
  run(expect: Expect): Promise<void>;
}
