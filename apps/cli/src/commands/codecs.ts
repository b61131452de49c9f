import type { ProduceOptions } from './produce.ts';

/** Written out so that help does not load the protocol; the type makes sure that none is missing and none too many. */
const codecSet: Readonly<Record<ProduceOptions['compression'], true>> = {
  none: true,
  gzip: true,
  snappy: true,
  lz4: true,
  zstd: true,
};
export const codecs: readonly string[] = Object.keys(codecSet);
