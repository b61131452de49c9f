import { readdirSync } from 'node:fs';

/** What Kafka calls each API that there are messages of, by its key. */
export async function apiNames(): Promise<Map<number, string>> {
  const folder = new URL('../src/messages/', import.meta.url);
  const names = new Map<number, string>();
  for (const file of readdirSync(folder)) {
    const messages = (await import(new URL(file, folder).href)) as Readonly<Record<string, unknown>>;
    for (const message of Object.values(messages)) if (isApi(message)) names.set(message.key, message.name);
  }
  return names;
}

function isApi(value: unknown): value is { readonly key: number; readonly name: string } {
  return typeof value === 'object' && value !== null && 'key' in value && 'name' in value && 'flexibleSince' in value;
}
