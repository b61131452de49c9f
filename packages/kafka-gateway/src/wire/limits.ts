/** Bounds of what a message may hold, whatever its frame has room for. Those of Kafka 4.4. */
export const wireLimits = {
  /** A request, unless the door is told otherwise: Kafka's socket.request.max.bytes. */
  frameBytesMax: 100 << 20,
  /** Elements of all arrays of a message together. */
  arrayElementsMax: 1_000_000,
  /** Tagged fields of one struct. */
  taggedFieldsMax: 10_000,
  /** A string's length before compact lengths is an i16; longer ones are refused in every layout. */
  stringBytesMax: 0x7fff,
  /** From this length on bytes are put into a gather list by reference. */
  bytesByReferenceMin: 1024,
} as const;
