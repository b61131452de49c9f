import { describe, expect, it } from 'vitest';
import { codeOnly, findLines } from './code-text.ts';

describe('codeOnly', () => {
  it('blanks comments and keeps the line count', () => {
    expect(codeOnly('a(); // Date.now\n/* b\n c */ d();')).toBe('a();            \n    \n      d();');
  });

  it('blanks the inside of strings, escapes included', () => {
    expect(codeOnly(String.raw`x = 'it\'s Date.now' + "//";`)).toBe(`x = '              ' + "  ";`);
  });

  it('keeps code inside a template, however deep', () => {
    expect(codeOnly('`a ${b({ c: `d ${e()}` })} f`')).toBe('`  ${b({ c: `  ${e()}` })}  `');
  });

  it('reads a regular expression as one, and a division as two operands', () => {
    expect(codeOnly('r = /[\'"/]x/.test(y); z = a / b / c;')).toBe('r = /      /.test(y); z = a / b / c;');
    expect(codeOnly("z = a / b; s = 'x';")).toBe("z = a / b; s = ' ';");
  });
});

describe('findLines', () => {
  it('names the line', () => {
    expect(findLines('a\nb Date.now()\nc', /\bDate\.now\b/)).toEqual([{ line: 2, text: 'Date.now' }]);
  });
});
