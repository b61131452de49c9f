import { ClusterError } from '../cluster-error.ts';
import { clusterLimits } from '../limits.ts';
import type { CallOptions, ListOptions, ObjectPart } from './object-store.ts';

/** Small letters only: on some systems two files whose names differ in case are one. */
const partPattern = /^[a-z0-9_-][a-z0-9._-]*$/;
const prefixPattern = /^[a-z0-9._/-]*$/;

/** Whether an object can have the name in every store. */
export function isObjectName(name: string): boolean {
  const { nameCharactersMax, namePartCharactersMax } = clusterLimits;
  if (name.length > nameCharactersMax) return false;
  return name.split('/').every((part) => part.length <= namePartCharactersMax && partPattern.test(part));
}

/** Throws a ClusterError INVALID_NAME unless an object can have the name in every store. */
export function checkObjectName(name: string): void {
  if (isObjectName(name)) return;
  const { nameCharactersMax, namePartCharactersMax } = clusterLimits;
  throw new ClusterError(
    'INVALID_NAME',
    `no object can be named '${shortened(name)}': a name has 1 to ${nameCharactersMax} characters, in parts of 1 to `
      + `${namePartCharactersMax} with '/' between them, each of a-z, 0-9, '.', '_' and '-', and none begins with '.'`,
  );
}

/** Throws a ClusterError unless it can be asked for. */
export function checkCreate(name: string, body: Buffer, options: CallOptions): void {
  checkObjectName(name);
  checkCall(options);
  if (body.length > clusterLimits.objectBytesMax)
    throw invalidCall(`an object has up to ${clusterLimits.objectBytesMax} bytes, not ${body.length}`);
}

/** Throws a ClusterError unless an object can be asked for like this. */
export function checkRead(name: string, options: CallOptions): void {
  checkObjectName(name);
  checkCall(options);
}

/** Throws a ClusterError unless it can be asked for. */
export function checkRange(name: string, part: ObjectPart, options: CallOptions): void {
  checkRead(name, options);
  if ('lastBytes' in part) checkWhole('lastBytes', part.lastBytes, { min: 1, max: clusterLimits.objectBytesMax });
  else {
    checkWhole('position', part.position, { min: 0, max: Number.MAX_SAFE_INTEGER - clusterLimits.objectBytesMax });
    checkWhole('length', part.length, { min: 1, max: clusterLimits.objectBytesMax });
  }
}

/** Throws a ClusterError unless it can be asked for. */
export function checkList(prefix: string, options: ListOptions): void {
  checkCall(options);
  if (prefix.length > clusterLimits.nameCharactersMax || !prefixPattern.test(prefix))
    throw new ClusterError('INVALID_NAME', `no name begins with '${shortened(prefix)}'`);
  if (options.after !== undefined) checkObjectName(options.after);
  const { namesMax } = options;
  if (namesMax !== undefined) checkWhole('namesMax', namesMax, { min: 1, max: clusterLimits.namesListedMax });
}

function checkCall({ timeoutMs }: CallOptions): void {
  if (!(timeoutMs >= 1 && timeoutMs <= clusterLimits.callMsMax))
    throw invalidCall(`timeoutMs is from 1 to ${clusterLimits.callMsMax}, not ${timeoutMs}`);
}

function checkWhole(what: string, value: number, { min, max }: { min: number; max: number }): void {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw invalidCall(`${what} is a whole number from ${min} to ${max}, not ${value}`);
}

function invalidCall(message: string): ClusterError {
  return new ClusterError('INVALID_CALL', message);
}

function shortened(text: string): string {
  const shown = JSON.stringify(text.slice(0, 80)).slice(1, -1);
  return text.length > 80 ? `${shown}…` : shown;
}
