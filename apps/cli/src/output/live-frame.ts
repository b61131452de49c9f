import { stripVTControlCharacters } from 'node:util';
import { heightOf, widthOf } from '../screen.ts';
import type { Screen } from '../screen.ts';

/**
 * A few lines of a terminal that are written over again and again. What was there before stays above them, and the last
 * state stays when it is over.
 *
 * Invariants
 * - A frame is never longer or wider than the screen: a line that wraps, or one that was scrolled away, could not be
 *   written over.
 */
export class LiveFrame {
  readonly #screen: Screen & { write(text: string): unknown };
  #lines = 0;

  constructor(screen: Screen & { write(text: string): unknown }) {
    this.#screen = screen;
  }

  show(text: string): void {
    const width = widthOf(this.#screen);
    // The cursor stands below the last line.
    const lines = text
      .replace(/\n$/, '')
      .split('\n')
      .slice(0, heightOf(this.#screen) - 1);
    const back = this.#lines === 0 ? '' : `\u001B[${this.#lines}A\r\u001B[J`;
    this.#lines = lines.length;
    this.#screen.write(`${back}${lines.map((line) => `${cut(line, width)}\n`).join('')}`);
  }
}

/** Escapes take no room, and colours end with the line. */
function cut(line: string, width: number): string {
  if (stripVTControlCharacters(line).length <= width) return line;
  let shown = '';
  let room = width - 1;
  // eslint-disable-next-line no-control-regex
  for (const [whole, escape] of line.matchAll(/(\u001B\[[\d;]*m)|[\s\S]/gu)) {
    if (escape !== undefined) shown += escape;
    else if (room > 0) {
      shown += whole;
      room -= 1;
    }
  }
  return `${shown}…`;
}
