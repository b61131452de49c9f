import type { ByteStream } from '../../src/index.ts';

/** A stream whose peer takes bytes only when the test says so. */
export class FakeStream implements ByteStream {
  readonly remoteAddress: string;
  readonly localAddress = '10.0.0.2';
  readonly writes: { readonly bytes: number; readonly buffers: readonly Buffer[]; readonly taken: () => void }[] = [];
  isReading = true;
  isEnded = false;
  isDestroyed = false;
  /** Take every write at once. */
  takesAll: boolean;

  constructor(options: { remoteAddress?: string; takesAll?: boolean } = {}) {
    this.remoteAddress = options.remoteAddress ?? '10.0.0.1';
    this.takesAll = options.takesAll ?? false;
  }

  get sent(): Buffer {
    return Buffer.concat(this.writes.flatMap((write) => [...write.buffers]));
  }

  write(buffers: readonly Buffer[], taken: () => void): void {
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    this.writes.push({ bytes, buffers, taken });
    if (this.takesAll) taken();
  }

  pauseReading(): void {
    this.isReading = false;
  }

  resumeReading(): void {
    this.isReading = true;
  }

  end(): void {
    this.isEnded = true;
  }

  destroy(): void {
    this.isDestroyed = true;
  }
}
