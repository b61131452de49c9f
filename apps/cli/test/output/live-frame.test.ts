import { describe, expect, it } from 'vitest';
import { LiveFrame } from '../../src/output/live-frame.ts';
import { sparkline } from '../../src/output/sparkline.ts';

function frame(columns: number | undefined, rows?: number): { frame: LiveFrame; written: string[] } {
  const written: string[] = [];
  const screen = { isTTY: true, columns, rows, write: (text: string) => void written.push(text) };
  return { frame: new LiveFrame(screen), written };
}

describe('a live frame', () => {
  it('O2 goes back over as many lines as it had', () => {
    const { frame: live, written } = frame(80, 24);
    live.show('a\nb\nc\n');
    live.show('d\n');
    live.show('e\n');
    expect(written).toEqual(['a\nb\nc\n', '\u001B[3A\r\u001B[Jd\n', '\u001B[1A\r\u001B[Je\n']);
  });

  it('O2 cuts lines that would wrap, and keeps their colours whole', () => {
    const { frame: live, written } = frame(5, 24);
    live.show('12345\n123456\n\u001B[31m123456\u001B[39m7\n');
    expect(written).toEqual(['12345\n1234…\n\u001B[31m1234\u001B[39m…\n']);
  });

  it('O2 has no more lines than the screen', () => {
    const { frame: live, written } = frame(undefined, 3);
    live.show('a\nb\nc\nd\n');
    expect(written).toEqual(['a\nb\n']);
  });
});

describe('a sparkline', () => {
  it('O2 goes from nothing to the largest value', () => {
    expect(sparkline([0, 1, 4, 8])).toBe('▁▂▅█');
    expect(sparkline([0, 0])).toBe('▁▁');
    expect(sparkline([])).toBe('');
  });
});
