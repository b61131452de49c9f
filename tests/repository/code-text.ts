/**
 * TypeScript with its comments and the inside of its strings blanked out, so that a search finds code only.
 * Line numbers and columns stay as they were. A scanner, not a parser: it knows comments, the three kinds of string
 * (with nested `${}`), and regular expressions where an operand may stand.
 */
export function codeOnly(source: string): string {
  return new CodeText(source).scan();
}

class CodeText {
  readonly #source: string;
  readonly #out: string[] = [];
  #at = 0;
  #significant = '';

  constructor(source: string) {
    this.#source = source;
  }

  scan(): string {
    this.#code(false);
    return this.#out.join('');
  }

  /** Reads code until the end, or until the brace that closes a template's `${`. */
  #code(inTemplate: boolean): void {
    let depth = 0;
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at]!;
      const two = this.#source.slice(this.#at, this.#at + 2);
      if (two === '//') this.#blankUntil('\n', 2);
      else if (two === '/*') this.#blankThrough('*/', 2);
      else if (char === "'" || char === '"') this.#quoted(char);
      else if (char === '`') this.#template();
      else if (char === '/' && this.#operandExpected()) this.#regularExpression();
      else {
        if (char === '{') depth += 1;
        if (char === '}' && inTemplate && depth === 0) return;
        if (char === '}') depth -= 1;
        this.#keep(char);
      }
    }
  }

  #keep(char: string): void {
    this.#out.push(char);
    this.#at += 1;
    if (/\s/.test(char)) return;
    this.#significant = (this.#significant + char).slice(-8);
  }

  #blank(): void {
    const char = this.#source[this.#at]!;
    this.#out.push(char === '\n' ? '\n' : ' ');
    this.#at += 1;
  }

  #blankUntil(end: string, skip: number): void {
    const found = this.#source.indexOf(end, this.#at + skip);
    const stop = found === -1 ? this.#source.length : found;
    while (this.#at < stop) this.#blank();
  }

  #blankThrough(end: string, skip: number): void {
    this.#blankUntil(end, skip);
    for (let left = end.length; left > 0 && this.#at < this.#source.length; left -= 1) this.#blank();
  }

  #quoted(quote: string): void {
    this.#keep(quote);
    while (this.#at < this.#source.length && this.#source[this.#at] !== quote) {
      if (this.#source[this.#at] === '\\') this.#blank();
      this.#blank();
    }
    this.#keep(quote);
  }

  #template(): void {
    this.#keep('`');
    while (this.#at < this.#source.length && this.#source[this.#at] !== '`') {
      if (this.#source.startsWith('${', this.#at)) {
        this.#keep('$');
        this.#keep('{');
        this.#code(true);
        this.#keep('}');
        continue;
      }
      if (this.#source[this.#at] === '\\') this.#blank();
      this.#blank();
    }
    this.#keep('`');
  }

  #operandExpected(): boolean {
    return this.#significant === '' || /(?:[(,=:[!&|?{};<>+\-*%~^]|return|typeof|case)$/.test(this.#significant);
  }

  #regularExpression(): void {
    let inClass = false;
    this.#keep('/');
    while (this.#at < this.#source.length) {
      const char = this.#source[this.#at]!;
      if (char === '\n' || (char === '/' && !inClass)) break;
      if (char === '[') inClass = true;
      if (char === ']') inClass = false;
      if (char === '\\') this.#blank();
      this.#blank();
    }
    this.#keep('/');
  }
}

export interface Found {
  readonly line: number;
  readonly text: string;
}

/** Every line of `text` that `pattern` matches, 1-based. */
export function findLines(text: string, pattern: RegExp): Found[] {
  const found: Found[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const match = pattern.exec(line);
    if (match !== null) found.push({ line: index + 1, text: match[0] });
  }
  return found;
}
