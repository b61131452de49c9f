/**
 * Waits for a stop, and gives it up when it takes too long. What is not saved by then the next start recovers: that
 * takes a while, and a stop that never ends takes an operator.
 */
export async function inTime(closing: Promise<void>, timeoutMs: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`closing took more than ${timeoutMs} ms`)), timeoutMs);
  await Promise.race([closing, late.promise]).finally(() => clearTimeout(timer));
}
