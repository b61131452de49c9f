/** What can be made to fail, to wait, or to be the last thing before a crash. */
export type DiskOperation =
  | 'create'
  | 'write'
  | 'datasync'
  | 'truncate'
  | 'rename'
  | 'removeFile'
  | 'makeDirectory'
  | 'removeDirectory'
  | 'syncDirectory'
  | 'read';

export interface Fault {
  readonly operation: DiskOperation;
  /** POSIX name: ENOSPC, EIO, … */
  readonly code: string;
  /** Only operations on a path that matches. */
  readonly path?: RegExp;
  /** How many matching operations succeed before it; default 0. */
  readonly after?: number;
  /** How many fail in a row; default 1. */
  readonly times?: number;
}

export interface Hold {
  /** Resolves when an operation waits here. */
  readonly reached: Promise<void>;
  /** Lets it, and all later ones, go on. */
  release(): void;
}

interface PendingFault {
  readonly fault: Fault;
  passes: number;
  failures: number;
}

interface PendingHold {
  readonly operation: DiskOperation;
  readonly path: RegExp | undefined;
  readonly reach: () => void;
  readonly released: Promise<void>;
}

/** The faults that are planned, and how far they are. */
export class FaultPlan {
  #faults: PendingFault[] = [];
  #holds: PendingHold[] = [];

  fail(fault: Fault): void {
    this.#faults.push({ fault, passes: fault.after ?? 0, failures: fault.times ?? 1 });
  }

  hold(operation: DiskOperation, path?: RegExp): Hold {
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const hold: PendingHold = { operation, path, reach, released };
    this.#holds.push(hold);
    return {
      reached,
      release: () => {
        this.#holds = this.#holds.filter((other) => other !== hold);
        release();
      },
    };
  }

  clear(): void {
    this.#faults = [];
  }

  async wait(operation: DiskOperation, path: string): Promise<void> {
    for (const hold of this.#holds) {
      if (hold.operation !== operation || !matches(hold.path, path)) continue;
      hold.reach();
      await hold.released;
    }
  }

  /** The code with which this operation is to fail, or null. */
  next(operation: DiskOperation, path: string): string | null {
    for (const pending of this.#faults) {
      if (pending.fault.operation !== operation || !matches(pending.fault.path, path)) continue;
      if (pending.passes > 0) {
        pending.passes -= 1;
        continue;
      }
      pending.failures -= 1;
      if (pending.failures === 0) this.#faults = this.#faults.filter((other) => other !== pending);
      return pending.fault.code;
    }
    return null;
  }
}

function matches(pattern: RegExp | undefined, path: string): boolean {
  return pattern === undefined || pattern.test(path);
}
