/** The way of a change through AlterConfigs and IncrementalAlterConfigs. */
import { resourceType } from '../configs/config-codes.ts';
import type { ConfigStep } from '../configs/topic-configs.ts';
import { KafkaError } from '../errors/kafka-errors.ts';
import { partError } from '../errors/part-error.ts';
import type { KafkaCaller } from '../session/handler.ts';
import { demandConfigs, idOf, refuseChange, requireBrokerName, requireTopicName } from './config-resource.ts';
import type { ConfigParts, ConfigResource } from './config-resource.ts';
import { oneByOne } from './one-by-one.ts';

/** A resource, and what is done to its settings. */
export interface ResourceChange extends ConfigResource {
  readonly steps: readonly ConfigStep[];
}

export interface AlterOptions {
  readonly caller: Pick<KafkaCaller, 'advertised' | 'principal' | 'clientId' | 'address' | 'connectionId'>;
  readonly validateOnly: boolean;
  /** What is not named goes back to its default. */
  readonly replacesAll: boolean;
}

/** What became of a resource. */
export interface AlteredResource extends ConfigResource {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Each resource for itself, in order. One that is named twice is changed by neither: Kafka has no order for them. */
export async function alterEach(
  parts: ConfigParts,
  changes: readonly ResourceChange[],
  o: AlterOptions,
): Promise<AlteredResource[]> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const id of changes.map(idOf)) (seen.has(id) ? repeated : seen).add(id);
  return oneByOne(changes, parts.tools, async (change) => {
    const { resourceType: type, resourceName } = change;
    try {
      if (repeated.has(idOf(change))) {
        throw new KafkaError('INVALID_REQUEST', 'the request names this resource more than once');
      }
      await alterOne(parts, change, o);
      return { resourceType: type, resourceName, errorCode: 0, errorMessage: null };
    } catch (error) {
      return { resourceType: type, resourceName, ...partError(error) };
    }
  });
}

async function alterOne(
  { services: { identity, topicChanges, settings, access }, topicConfigs, brokerConfigs }: ConfigParts,
  change: ResourceChange,
  { caller, validateOnly, replacesAll }: AlterOptions,
): Promise<void> {
  const { resourceType: type, resourceName, steps } = change;
  demandConfigs(access, caller, { operation: 'alterConfigs', of: change });
  if (new Set(steps.map(({ name }) => name)).size < steps.length) {
    throw new KafkaError('INVALID_REQUEST', 'the request names a setting of this resource more than once');
  }
  if (type === resourceType.topic) {
    const name = requireTopicName(resourceName);
    await topicChanges.alter({ name, ...topicConfigs.readSteps(steps), replacesAll, validateOnly }, caller);
  } else if (type === resourceType.broker) {
    requireBrokerName(resourceName, identity.brokerId, { mayBeAll: true });
    const { advertised } = caller;
    // What is kept is kept for one broker: there is nothing to replace for all of them at once.
    const isOne = resourceName !== '';
    const wanted = brokerConfigs.readSteps(steps, { advertised, replacesAll: replacesAll && isOne });
    if (wanted.set.length + wanted.unset.length === 0) return;
    if (!isOne)
      throw new KafkaError('INVALID_REQUEST', `settings are kept for each broker: name broker ${identity.brokerId}`);
    await settings.change({ ...wanted, validateOnly, by: 'a Kafka client' }, caller);
  } else {
    refuseChange(change);
  }
}
