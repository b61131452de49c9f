import type { DiskSpace, RoomState, StorageStats } from '@q/storage';
import type { ProcessUsage } from '../../metrics/process-usage.ts';
import type { ThrottledUser } from '../quotas/throttled-users.ts';
import type { ListenerCertificates } from '../../tls/certificate-facts.ts';
import type { TopicRegistry } from '../topics/topic-registry.ts';
import type { LagSeen } from './group-lags.ts';
import type { DescriptorFacts, HoldingTransaction } from './facts.ts';
import type { RecentTimes } from './recent-times.ts';

/** Where the watch looks. Each is a look at what others keep; none of them changes anything. */
export interface HealthSources {
  readonly store: {
    readonly pendingBytes: number;
    readonly stats: Pick<StorageStats, 'rounds' | 'appendsRefusedFull' | 'appendsRefusedFiles' | 'openFiles'>;
    readonly room: RoomState;
    diskSpace(): Promise<DiskSpace | null>;
  };
  /** Takes the time of each sync. */
  readonly syncs: Pick<RecentTimes, 'summary' | 'turn'>;
  readonly budget: { readonly heldBytes: number; readonly softBytes: number; readonly hardBytes: number };
  readonly connections: () => number;
  readonly connectionsMax: () => number;
  readonly usage: () => Pick<ProcessUsage, 'rssBytes'>;
  readonly residentBytesMax: number | null;
  readonly descriptors: () => Omit<DescriptorFacts, 'open'>;
  readonly registry: Pick<TopicRegistry, 'topics'>;
  /** Certificates of listeners; none where nothing is encrypted. */
  readonly certificates: () => readonly ListenerCertificates[];
  /** Logins that were refused since the start. */
  readonly refusedLogins: () => number;
  readonly throttled: () => readonly ThrottledUser[];
  /** Transactions that have not ended for so long, the oldest first. */
  readonly holding: (bounds: { readonly leastMs: number; readonly countMax: number }) => readonly HoldingTransaction[];
  readonly lags: () => Iterable<LagSeen>;
}
