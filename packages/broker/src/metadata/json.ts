/** The value of a JSON text; null when it is not one. What the value looks like is for the caller to check. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
