/**
 * The options of a broker that can change while it runs, as values that its parts look at each time.
 *
 * Invariant: `limits`, `alerts` and `topicDefaults` are the same objects for as long as the broker runs, changed in
 * place, and never halfway: what is put in force was checked as a whole before.
 */
import { QError } from '@q/protocol';
import type { StorageLimits, WhenFull } from '@q/storage';
import { budgetDescriptors } from './descriptor-budget.ts';
import { checkLimits, defaultLimits } from './limits.ts';
import type { BrokerLimits } from './limits.ts';
import { resolveThresholds } from './services/health/thresholds.ts';
import type { HealthThresholds } from './services/health/thresholds.ts';
import type { ChangeableOptions } from './services/settings/own-definitions.ts';
import { parseTopicSettings } from './services/topics/topic-config.ts';
import type { SettingTexts } from './services/topics/topic-config.ts';
import { checkFitsFrame } from './services/topics/topic-rules.ts';

/** What they come to. */
export interface LiveValues {
  readonly limits: BrokerLimits;
  readonly alerts: HealthThresholds;
  readonly topicDefaults: SettingTexts;
  readonly autoCreateTopics: boolean;
  readonly storageMaxBytes: number | null;
  readonly whenFull: WhenFull;
}

/** What the machine leaves a broker, whatever its limits say. */
export interface MachineBounds {
  readonly descriptorsMax: number | null;
  readonly storageLimits: Partial<StorageLimits>;
}

/** @throws QError INVALID_CONFIG naming what contradicts what */
export function liveValues(given: ChangeableOptions, machine: MachineBounds): LiveValues {
  const asked = resolveLimits(given.limits);
  const { limits } = budgetDescriptors(machine.descriptorsMax, { limits: asked, storageLimits: machine.storageLimits });
  const topicDefaults = resolveTopicDefaults(given);
  checkFitsFrame({ topic: new Map(), broker: topicDefaults }, limits);
  const { autoCreateTopics, storageMaxBytes, whenFull } = given;
  const alerts = resolveThresholds(given.alerts);
  return { limits, alerts, topicDefaults, autoCreateTopics, storageMaxBytes, whenFull };
}

/** @throws QError INVALID_CONFIG */
export function resolveLimits(given: Partial<BrokerLimits>): BrokerLimits {
  for (const name of Object.keys(given)) {
    if (name in defaultLimits) continue;
    const allowed = `there is no such limit; there are: ${Object.keys(defaultLimits).join(', ')}`;
    const setting = `limits.${name}`;
    throw new QError('INVALID_CONFIG', `${setting}: ${allowed}`, { details: { setting, value: '', allowed } });
  }
  const limits = { ...defaultLimits, ...given };
  const problem = checkLimits(limits);
  if (problem !== null) throw new QError('INVALID_CONFIG', problem, { details: { setting: 'limits' } });
  return limits;
}

/** `durability` is a setting of topics with an option of its own; whoever gives both means the more special one. */
export function resolveTopicDefaults({
  topicDefaults,
  durability,
}: Pick<ChangeableOptions, 'topicDefaults' | 'durability'>): SettingTexts {
  const settings = Object.entries(topicDefaults).map(([key, value]) => ({ key, value }));
  const texts = new Map(parseTopicSettings(settings));
  if (!texts.has('durability') && durability !== 'fsync') texts.set('durability', durability);
  return texts;
}

/** The values that all parts of a broker share. */
export class LiveOptions implements LiveValues {
  readonly limits: BrokerLimits;
  readonly alerts: HealthThresholds;
  readonly topicDefaults: SettingTexts;
  #rest: Pick<LiveValues, 'autoCreateTopics' | 'storageMaxBytes' | 'whenFull'>;

  /** Takes the objects: other parts have them already. */
  constructor({ limits, alerts, topicDefaults, ...rest }: LiveValues) {
    this.limits = limits;
    this.alerts = alerts;
    this.topicDefaults = topicDefaults;
    this.#rest = rest;
  }

  get autoCreateTopics(): boolean {
    return this.#rest.autoCreateTopics;
  }

  get storageMaxBytes(): number | null {
    return this.#rest.storageMaxBytes;
  }

  get whenFull(): WhenFull {
    return this.#rest.whenFull;
  }

  /** Puts other values in force. Returns which parts have something to do about it. */
  update({ limits, alerts, topicDefaults, ...rest }: LiveValues): { topicDefaults: boolean; cap: boolean } {
    Object.assign(this.limits, limits);
    Object.assign(this.alerts, alerts);
    const isOther = !isSame(this.topicDefaults, topicDefaults);
    const shared = this.topicDefaults as Map<string, string>;
    if (isOther) shared.clear();
    for (const [name, text] of topicDefaults) shared.set(name, text);
    const before = this.#rest;
    this.#rest = rest;
    const cap = before.storageMaxBytes !== rest.storageMaxBytes || before.whenFull !== rest.whenFull;
    return { topicDefaults: isOther, cap };
  }
}

function isSame(left: SettingTexts, right: SettingTexts): boolean {
  return left.size === right.size && [...left].every(([name, text]) => right.get(name) === text);
}
