import { QError } from '@q/protocol';
import { RE2JS } from 're2js';
import { securityLimits } from '../limits.ts';

/**
 * What of the names of things fits a regular expression of somebody's, as a whole. It runs in time that grows with the
 * name alone (RE2), so it has no back references and does not look around; the empty one fits everything, as in Kafka.
 * @throws QError INVALID_REQUEST when it cannot be read, or is longer or larger than is taken
 */
export function parseNamePattern(pattern: string): (name: string) => boolean {
  if (pattern === '') return () => true;
  const { namePatternCharactersMax, namePatternStepsMax } = securityLimits;
  if (pattern.length > namePatternCharactersMax)
    throw refused(pattern, `a pattern has at most ${namePatternCharactersMax} characters`);
  const compiled = compile(pattern);
  // A short pattern may repeat a lot.
  const steps = compiled.programSize();
  if (steps > namePatternStepsMax)
    throw refused(pattern, `a pattern makes at most ${namePatternStepsMax} steps, this one makes ${steps}`);
  return (name) => compiled.testExact(name);
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw refused(pattern, error instanceof Error ? error.message : String(error));
  }
}

function refused(pattern: string, why: string): QError {
  const shown = JSON.stringify(pattern.slice(0, 200));
  return new QError('INVALID_REQUEST', `the pattern ${shown} cannot be used: ${why}`, { details: { pattern: shown } });
}
