/** Bounds of the audit trail. */
export const auditLimits: {
  /** Characters of a name, an address, or one text of a fact. */
  readonly textCharactersMax: number;
  /** Characters of a reason. */
  readonly reasonCharactersMax: number;
  /** Texts of one fact, such as settings. */
  readonly textsMax: number;
  /** The time in which equal denials and refused logins are counted instead of told. */
  readonly repeatWindowMs: number;
  /** Different ones that are told apart; others share one count. */
  readonly repeatKeysMax: number;
} = {
  textCharactersMax: 300,
  reasonCharactersMax: 500,
  textsMax: 100,
  repeatWindowMs: 60_000,
  repeatKeysMax: 500,
};
