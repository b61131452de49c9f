import { limits } from './limits.ts';

/** The last words of a program: all of a short output, the end of a long one. */
export class OutputTail {
  #text = '';

  push(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString()).slice(-limits.outputCharsMax);
  }

  get text(): string {
    return this.#text;
  }
}
