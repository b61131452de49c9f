/** What is stored as a JSON object. Null: it is none, so a newer broker wrote it, or nobody did. Never throws. */
export function parseStoredObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    // What is no JSON says nothing; whoever reads it goes on without.
    return null;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
