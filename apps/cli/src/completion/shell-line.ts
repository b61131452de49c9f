/**
 * The words of an unfinished command line, as a shell would cut it. Bash tells its own words cut at `=` and `:` too,
 * which are in the middle of addresses and options.
 *
 * @returns at least one word: the last one is at the cursor, and empty after a space
 */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  let isOpen = false;
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (quote === "'" ? character === "'" : quote === '"' && character === '"') quote = '';
    else if (character === '\\' && quote !== "'") word += line.charAt((at += 1));
    else if (quote === '' && (character === "'" || character === '"')) quote = character;
    else if (quote === '' && /\s/.test(character)) {
      if (isOpen) words.push(word);
      word = '';
      isOpen = false;
      continue;
    } else word += character;
    isOpen = true;
  }
  return [...words, word];
}

/**
 * What bash has put into words of its own before the one at the cursor: it replaces only the last of them.
 *
 * @param current the word at the cursor as bash sees it
 */
export function bashPrefix(word: string, current: string): string {
  const rest = /^[=:]+$/.test(current) ? '' : current;
  return word.endsWith(rest) ? word.slice(0, word.length - rest.length) : '';
}
