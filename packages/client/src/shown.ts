const textShownMax = 60;

/**
 * A value as an error message shows it: what kind of thing it is, and itself only where it is short. Never throws,
 * unlike `String`, which does for a symbol in a template and for an object without a prototype.
 */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > textShownMax ? `${value.slice(0, textShownMax)}…` : value);
    case 'number':
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'object':
      return value === null ? 'null' : shownObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function shownObject(value: object): string {
  try {
    if (Array.isArray(value)) return 'an array';
    return value instanceof Uint8Array ? 'bytes' : 'an object';
  } catch {
    return 'a proxy that cannot be read';
  }
}

/** What a thing that was thrown says, whatever it is. Never throws. */
export function shownThrown(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return shown(thrown);
  }
}
