const { createHmac, randomUUID } = process.getBuiltinModule('node:crypto');

/** Secrets of this form carry their bytes in Base64, as senders of webhooks agree on (standardwebhooks.com). */
const encodedPrefix = 'whsec_';

/** The headers by which a receiver knows a message, its age and its sender. `sentMs`: in ms since 1970. */
export function webhookHeaders(
  body: string,
  o: { readonly id: string; readonly sentMs: number; readonly secret: string | null },
): Record<string, string> {
  const timestamp = String(Math.floor(o.sentMs / 1_000));
  const headers = { 'webhook-id': o.id, 'webhook-timestamp': timestamp };
  if (o.secret === null) return headers;
  const signature = createHmac('sha256', keyOf(o.secret)).update(`${o.id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}

export function newMessageId(): string {
  return `msg_${randomUUID()}`;
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(encodedPrefix)
    ? Buffer.from(secret.slice(encodedPrefix.length), 'base64')
    : Buffer.from(secret, 'utf8');
}
