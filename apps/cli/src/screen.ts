/** Where output goes, as far as its form depends on it. A stream of a process is one. */
export interface Screen {
  readonly isTTY?: boolean;
  /** Characters in a line; undefined where nobody knows. */
  readonly columns?: number | undefined;
}

export function widthOf(screen: Screen): number {
  return screen.isTTY === true && screen.columns !== undefined && screen.columns > 0
    ? screen.columns
    : Number.POSITIVE_INFINITY;
}
