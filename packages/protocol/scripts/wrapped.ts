const columnsMax = 120;

/**
 * Breaks lines of prose and of lists at 120 columns, with what follows set in under its item. Tables and code stay as
 * they are.
 */
export function wrapped(markdown: string): string {
  let isCode = false;
  return markdown
    .split('\n')
    .flatMap((line) => {
      if (line.startsWith('```')) isCode = !isCode;
      return isCode || /^[|#`]/.test(line) ? [line] : wrappedLine(line);
    })
    .join('\n');
}

function wrappedLine(line: string): string[] {
  const [mark = ''] = /^(?:- |\d+\. )/.exec(line) ?? [];
  const lines: string[] = [];
  let rest = line;
  while (rest.length > columnsMax) {
    // A line that begins with a dash or a number would be an item of a list.
    let end = rest.lastIndexOf(' ', columnsMax);
    while (end > mark.length && /^ (?:[-+*#>]|\d+[.)])(?: |$)/.test(rest.slice(end)))
      end = rest.lastIndexOf(' ', end - 1);
    if (end <= mark.length) break;
    lines.push(rest.slice(0, end));
    rest = ' '.repeat(mark.length) + rest.slice(end + 1);
  }
  return [...lines, rest];
}
