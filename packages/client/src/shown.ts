const textShownMax = 60;

/**
 * A value as an error message shows it: what kind of thing it is, and itself only where it is short. Never throws, unlike `String`,
 * which does for a symbol in a template and for an object without a prototype.
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
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'an array';
      return value instanceof Uint8Array ? 'bytes' : 'an object';
    default:
      return `a ${typeof value}`;
  }
}
