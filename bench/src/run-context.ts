import type { Profile } from './profile.ts';

/** What every case is built from. */
export interface RunContext {
  readonly profile: Profile;
  /** Folder on the disk that is measured. */
  readonly directory: string;
}
