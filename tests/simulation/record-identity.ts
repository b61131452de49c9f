/** Values may be absent, in tombstones, so a record's name for the checker travels in a header. */
export const idHeader = 'id';

export function idOf(headers: readonly { readonly key: string; readonly value: Uint8Array | null }[]): string {
  const header = headers.find(({ key }) => key === idHeader);
  return header?.value === undefined || header.value === null ? '' : Buffer.from(header.value).toString();
}
