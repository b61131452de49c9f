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
  /** Of one principal, or of one address that logins come from. */
  readonly repeatGroupKeysMax: number;
  /** Entries that wait to be written, and their bytes. What comes beyond is dropped and counted. */
  readonly queueEntriesMax: number;
  readonly queueBytesMax: number;
  /** Of one write. */
  readonly roundEntriesMax: number;
  readonly roundBytesMax: number;
  /** Pause after a write that failed. */
  readonly retryPauseMs: number;
  /** Entries that are kept in memory where no topic keeps them. */
  readonly recentMax: number;
  /** Entries of one page. */
  readonly pageMax: number;
  /** Records that one page looks at. */
  readonly scannedMax: number;
  /** Records between two turns of others. */
  readonly windowRecords: number;
  readonly readBytes: number;
  /** Who follows the trail at once. */
  readonly followersMax: number;
  /** Default of how long the topic keeps entries, and how many bytes of them. */
  readonly retentionMs: number;
  readonly retentionBytes: number;
} = {
  textCharactersMax: 300,
  reasonCharactersMax: 500,
  textsMax: 100,
  repeatWindowMs: 60_000,
  repeatKeysMax: 500,
  repeatGroupKeysMax: 50,
  queueEntriesMax: 10_000,
  queueBytesMax: 4 << 20,
  roundEntriesMax: 1_000,
  roundBytesMax: 512 << 10,
  retryPauseMs: 1_000,
  recentMax: 1_000,
  pageMax: 1_000,
  scannedMax: 100_000,
  windowRecords: 1_000,
  readBytes: 1 << 20,
  followersMax: 100,
  retentionMs: 90 * 24 * 60 * 60 * 1_000,
  retentionBytes: 1 << 30,
};
