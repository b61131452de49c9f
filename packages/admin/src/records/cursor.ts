/** Where a reader stands: the next offset of each partition, as text. `0:15,3:200`. */
import { Problem } from '../http/problem.ts';
import { limits } from '../limits.ts';

export type Positions = ReadonlyMap<number, number>;

export function cursorText(positions: Positions): string {
  return Array.from(positions, ([partition, offset]) => `${partition}:${offset}`).join(',');
}

/** @throws Problem INVALID_REQUEST; `field` says where it stood */
export function readCursor(text: string, field: string): Positions {
  const positions = new Map<number, number>();
  const parts = text.split(',', limits.readPartitionsMax + 1);
  for (const part of parts) {
    const match = /^(\d{1,7}):(\d{1,15})$/.exec(part);
    if (match === null || parts.length > limits.readPartitionsMax) throw badCursor(text, field);
    positions.set(Number(match[1]), Number(match[2]));
  }
  return positions;
}

function badCursor(text: string, field: string): Problem {
  return new Problem('INVALID_REQUEST', `${field} is no place that an answer has named`, {
    errors: [
      { field, value: text.slice(0, 200), allowed: 'partition:offset, such as 0:15,3:200, as an answer gave it' },
    ],
  });
}
