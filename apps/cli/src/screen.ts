/** Where output goes, as far as its form depends on it. A stream of a process is one. */
export interface Screen {
  readonly isTTY?: boolean;
  /** Characters in a line; undefined where nobody knows. */
  readonly columns?: number | undefined;
  /** Lines that are seen at once; undefined where nobody knows. */
  readonly rows?: number | undefined;
}

/** Infinite where lines may have any length. */
export function widthOf(screen: Screen): number {
  return screen.isTTY === true && screen.columns !== undefined && screen.columns > 0
    ? screen.columns
    : Number.POSITIVE_INFINITY;
}

/** Infinite where nobody knows. */
export function heightOf(screen: Screen): number {
  return screen.isTTY === true && screen.rows !== undefined && screen.rows > 0 ? screen.rows : Number.POSITIVE_INFINITY;
}
