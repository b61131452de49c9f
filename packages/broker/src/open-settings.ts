/**
 * The settings of a broker, tied to the parts that they are put in force in.
 */
import { QError } from '@q/protocol';
import type { LocalStore } from '@q/storage';
import { liveValues } from './live-options.ts';
import type { LiveOptions, LiveValues } from './live-options.ts';
import type { MetadataStore } from './metadata/metadata-store.ts';
import type { ResolvedOptions } from './options.ts';
import type { AuditNotes } from './services/audit/audit.ts';
import { BrokerSettings } from './services/settings/broker-settings.ts';
import { ownDefinitions, toOptions } from './services/settings/own-definitions.ts';
import type { SettingDefinition } from './services/settings/setting-definition.ts';
import type { ValueOf } from './services/settings/setting-layers.ts';

/** Of everybody, those of the broker itself included. */
interface Holdings {
  readonly topics: number;
  readonly partitions: number;
}

export interface OpenSettingsOptions {
  readonly options: ResolvedOptions;
  readonly live: LiveOptions;
  readonly metadata: MetadataStore;
  readonly disk: Pick<LocalStore, 'limitBytes'>;
  /** What the broker holds now; nothing before it has read its topics. */
  readonly holdings: () => Holdings;
  readonly audit: AuditNotes;
  /** Tells every topic that what it does not set itself has changed. */
  readonly topicDefaultsChanged: () => Promise<void>;
}

/**
 * Puts what was changed through an API in force, before the parts are made that go by it.
 * @throws QError CORRUPT_LOG
 */
export function openSettings(opened: OpenSettingsOptions): Promise<BrokerSettings> {
  const { options, live, metadata, disk, audit, holdings, topicDefaultsChanged } = opened;
  const { brokerId, logger, clock, settings: program } = options;
  const valuesOf = (chosen: ValueOf): LiveValues => liveValues(toOptions(chosen), options);
  const settingsOptions = {
    brokerId,
    metadata,
    logger,
    audit,
    clock,
    program,
    check: (chosen: ValueOf) => refuseBelow(valuesOf(chosen).limits, { live, held: holdings() }),
    apply: async (chosen: ValueOf) => {
      const changed = live.update(valuesOf(chosen));
      if (changed.cap) disk.limitBytes({ bytesMax: live.storageMaxBytes, whenFull: live.whenFull });
      if (changed.topicDefaults) await topicDefaultsChanged();
    },
    limitInForce: (name: string) =>
      name.startsWith('limits.') ? (live.limits as unknown as Record<string, number>)[name.slice(7)] : undefined,
  };
  return BrokerSettings.open(settingsOptions, definitionsOf(program.definitions));
}

/**
 * Requests may name as many topics and partitions as there can be: a limit that falls below what there is would have
 * those refused that are served now.
 * @throws QError INVALID_CONFIG
 */
function refuseBelow(
  { topicsMax, partitionsMax }: LiveValues['limits'],
  { live, held }: { readonly live: LiveOptions; readonly held: Holdings },
): void {
  const rows = [
    ['topicsMax', topicsMax, held.topics, 'topics'],
    ['partitionsMax', partitionsMax, held.partitions, 'partitions'],
  ] as const;
  for (const [name, wanted, count, what] of rows) {
    if (wanted >= count || wanted >= live.limits[name]) continue;
    const allowed = `at least ${count}: so many ${what} there are`;
    throw new QError('INVALID_CONFIG', `limits.${name} = ${wanted} is not allowed: ${allowed}`, {
      details: { setting: `limits.${name}`, value: String(wanted), allowed },
    });
  }
}

/** Those of the program first, in its order, and its own words for those that both have. */
function definitionsOf(program: readonly SettingDefinition[]): SettingDefinition[] {
  const names = new Set(program.map(({ name }) => name));
  return [...program, ...ownDefinitions().filter(({ name }) => !names.has(name))];
}
