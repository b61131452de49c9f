import { temporaryFolder } from '../product/broker.ts';

/** The folder that all rounds of a case share: made before the first, removed after the last, also after a failure. */
export class KeptFolder {
  readonly #parent: string;
  #folder: Awaited<ReturnType<typeof temporaryFolder>> | null = null;

  constructor(parent: string) {
    this.#parent = parent;
  }

  async make(): Promise<string> {
    this.#folder = await temporaryFolder(this.#parent);
    return this.#folder.path;
  }

  get path(): string {
    if (this.#folder === null) throw new Error('the folder of this case was not made yet');
    return this.#folder.path;
  }

  async remove(): Promise<void> {
    await this.#folder?.[Symbol.asyncDispose]();
    this.#folder = null;
  }
}
