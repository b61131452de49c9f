/**
 * What can be wrong with a broker, by name. Names are frozen: rules of operators and dashboards are made of them.
 */

/** `critical`: somebody loses something now, or soon. `warning`: somebody should look while there is time. */
export type Severity = 'warning' | 'critical';

/** What can be wrong with a broker. */
export type ConditionName =
  | 'certificate.bad'
  | 'certificate.expired'
  | 'certificate.expiring'
  | 'client.throttled'
  | 'connections.many'
  | 'descriptors.short'
  | 'disk.full'
  | 'disk.low'
  | 'disk.slow'
  | 'disk.stuck'
  | 'group.empty'
  | 'group.stalled'
  | 'lag.growing'
  | 'log.quarantined'
  | 'logins.refused'
  | 'logs.dropped'
  | 'loop.blocked'
  | 'memory.over'
  | 'partition.closed'
  | 'security.off'
  | 'settings.bad'
  | 'transaction.holding'
  | 'webhook.failing';

export interface ConditionEntry {
  readonly severity: Severity;
  /** It must be found for `raiseAfterMs` before it is told: what lasts a moment is no news. */
  readonly isSteady: boolean;
  /** It ends with the look that does not find it any more, and not a while later. Default: no. */
  readonly endsAtOnce?: boolean;
  /** What it means, for the documents. */
  readonly meaning: string;
  /** What to do about it, in one sentence. */
  readonly action: string;
}

/** Figures are for programs: names with their unit at the end. */
export type Figures = Readonly<Record<string, number | string>>;

/** What a look has found, before it is decided whether it is told. */
export interface Finding {
  readonly name: ConditionName;
  /** What it is about, such as `orders/3` or `billing of orders`; empty for the broker as a whole. */
  readonly subject: string;
  /** One sentence that says what is so, with its figures. */
  readonly reason: string;
  readonly figures: Figures;
  /** Where it is another one than the table has. */
  readonly severity?: Severity;
  /** The same of what to do. */
  readonly action?: string;
}

/** Something that is wrong now. */
export interface Condition {
  readonly name: ConditionName;
  readonly subject: string;
  readonly severity: Severity;
  readonly reason: string;
  readonly action: string;
  readonly figures: Figures;
  /** When it was raised, in ms since 1970. */
  readonly sinceMs: number;
}

/** Something that was wrong. */
export interface ClearedCondition extends Condition {
  readonly clearedMs: number;
}

/** What each condition means, and what to do. */
export const conditionTable: Readonly<Record<ConditionName, ConditionEntry>> = {
  'certificate.bad': {
    severity: 'critical',
    // Certificate and key are two files: who renews them writes one after the other.
    isSteady: true,
    endsAtOnce: true,
    meaning: 'Files of certificates were read again and cannot be used. The old certificates are in force.',
    action: 'Put the files right that the reason names; the broker takes them by itself.',
  },
  'certificate.expired': {
    severity: 'critical',
    isSteady: false,
    meaning: 'A certificate of this broker has expired. Clients that check it do not connect any more.',
    action: 'Renew the certificate; the broker takes a new file without a restart.',
  },
  'certificate.expiring': {
    severity: 'warning',
    isSteady: false,
    meaning: 'A certificate of this broker ends soon.',
    action: 'Renew the certificate; the broker takes a new file without a restart.',
  },
  'client.throttled': {
    severity: 'warning',
    isSteady: false,
    meaning: 'A user has been beyond its quota for long, and is slowed down.',
    action: 'Raise the quota (q quota), or find out why its programs send or read so much.',
  },
  'connections.many': {
    severity: 'warning',
    isSteady: true,
    meaning: 'The broker has nearly as many connections as it takes.',
    action: 'Find out who opens them (q stats), close what is not needed, or raise the limit connectionsMax.',
  },
  'descriptors.short': {
    severity: 'critical',
    isSteady: false,
    meaning: 'The process may have too few files and connections open.',
    action: 'Raise the limit on open files of the process (ulimit -n, LimitNOFILE) and restart the broker.',
  },
  'disk.full': {
    severity: 'critical',
    isSteady: false,
    meaning: 'Writes are refused because there is no room. Reads, trims and deletions go on.',
    action:
      'Make room: q topic trim, a shorter retention.ms, delete topics, a larger disk or storageMaxBytes. Writes go on by themselves.',
  },
  'disk.low': {
    severity: 'warning',
    isSteady: false,
    meaning: 'The disk has little room left.',
    action: 'Make room before writes are refused: a shorter retention.ms, fewer topics, or a larger disk.',
  },
  'disk.slow': {
    severity: 'warning',
    isSteady: true,
    meaning: 'The disk takes long to make writes durable, so producers wait.',
    action:
      'Look at what else uses the disk, and at the disk itself (iostat -x); a faster disk shortens every acknowledgement.',
  },
  'disk.stuck': {
    severity: 'critical',
    isSteady: false,
    meaning: 'The disk does not finish what it was given. Writes are refused until it does.',
    action: 'Look at the disk and at the log of the kernel (dmesg); writes go on by themselves when it answers.',
  },
  'group.empty': {
    severity: 'warning',
    isSteady: false,
    meaning: 'A group has records to read and no member.',
    action: 'Start its consumers, or delete the group if nobody needs it (q group delete).',
  },
  'group.stalled': {
    severity: 'critical',
    isSteady: false,
    meaning: 'A group has members and records to read, and commits nothing.',
    action: 'Look at the consumers of the group: one hangs, or fails again and again (q group describe).',
  },
  'lag.growing': {
    severity: 'warning',
    isSteady: false,
    meaning: 'A group is behind, and does not catch up.',
    action: 'Add consumers, up to one for each partition, or make each record cheaper to handle.',
  },
  'log.quarantined': {
    severity: 'critical',
    isSteady: false,
    meaning: 'Stored data is damaged. Records before the damage are served, and nothing is written.',
    action: 'Look at the disk; then stop the broker, and repair the partition (q log repair) or restore a backup.',
  },
  'logins.refused': {
    severity: 'warning',
    isSteady: false,
    meaning:
      'Many logins are refused: somebody guesses passwords, or a program has a wrong one and tries again and again.',
    action:
      'q audit --event audit.login_refused tells who, from where and why; stop that program, or keep that address out.',
  },
  'logs.dropped': {
    severity: 'warning',
    isSteady: false,
    meaning: 'Lines of the log were left out.',
    action: 'Read what floods the log, or what does not take it.',
  },
  'loop.blocked': {
    severity: 'warning',
    isSteady: false,
    meaning: 'The event loop stood still, and with it every request.',
    action: 'See whether the machine has a core to spare; if it has, report it with a profile (node --cpu-prof).',
  },
  'memory.over': {
    severity: 'critical',
    isSteady: true,
    meaning:
      'The broker holds more than it should. It reads connections more slowly, and refuses writes beyond the limit.',
    action:
      'Look at the latency of the disk; send less at once, or give the broker more memory and raise brokerBytesMax.',
  },
  'partition.closed': {
    severity: 'critical',
    isSteady: false,
    meaning: 'The log of a partition could not be opened.',
    action:
      'Read the reason; what may pass is tried again by itself, anything else wants q topic reopen once it is put right.',
  },
  'security.off': {
    severity: 'warning',
    isSteady: false,
    meaning: 'Other machines reach this broker, and whoever does may do everything: it was started with --insecure.',
    action: 'Set security up (q-broker init --secure), and start it without --insecure.',
  },
  'settings.bad': {
    severity: 'warning',
    isSteady: false,
    meaning: 'The settings were to be read again and cannot be used. The old settings are in force.',
    action: 'Correct what the reason names; the broker reads a changed file by itself (or q config reload).',
  },
  'transaction.holding': {
    severity: 'warning',
    isSteady: false,
    meaning:
      'A transaction has not ended for long. Consumers of committed records get nothing of its partitions beyond where it began, and its groups no offsets that it may commit.',
    action:
      'See what its program does (q transaction describe). If that is gone, or hangs, abort the transaction: q transaction abort.',
  },
  'webhook.failing': {
    severity: 'warning',
    isSteady: false,
    meaning: 'Alerts do not reach the webhook.',
    action: 'See that alertWebhookUrl is right and that its server answers; alerts that waited too long are gone.',
  },
};

export const conditionNames: readonly ConditionName[] = Object.keys(conditionTable) as ConditionName[];
