/** Bounds of the admin interface. */
export const limits = {
  /** Bytes of a JSON body. */
  jsonBytesMax: 1 << 20,
} as const;
