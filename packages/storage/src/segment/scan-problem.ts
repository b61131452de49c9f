import type { ScanEnd } from './segment-scan.ts';

/** Why a scan stopped, for people. */
export function describeProblem(problem: ScanEnd['problem']): string {
  switch (problem) {
    case 'truncated':
      return 'a batch is cut off';
    case 'bad-length':
      return 'a batch has an impossible length';
    case 'bad-magic':
      return 'what should be a batch has no batch magic';
    case 'bad-crc':
      return 'a batch does not match its CRC';
    case 'bad-offset':
      return 'a batch has an offset that does not follow';
    case 'bad-header':
      return 'a batch has an impossible header';
    case null:
      return 'nothing is wrong';
  }
}
