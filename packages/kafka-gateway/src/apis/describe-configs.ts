/**
 * DescribeConfigs: settings of topics and of the broker, as Kafka's tools look for them (row B1). Groups, logs and
 * metrics of clients have none here: there is nothing to be told of them.
 */
import { configType, resourceType } from '../configs/config-codes.ts';
import type { ConfigInForce } from '../configs/config-in-force.ts';
import { KafkaError } from '../errors/kafka-errors.ts';
import { partError } from '../errors/part-error.ts';
import type { AnswerOf, RequestOf } from '../messages/api.ts';
import { describeConfigs } from '../messages/describe-configs.ts';
import { handler, Silence } from '../session/handler.ts';
import type { Handler, KafkaCaller } from '../session/handler.ts';
import { demandConfigs, idOf, requireBrokerName, requireResourceName, requireTopicName } from './config-resource.ts';
import type { ConfigParts, ConfigResource } from './config-resource.ts';
import { oneByOne, partsPerTurn, refuseTooManyTopics } from './one-by-one.ts';

type Request = RequestOf<typeof describeConfigs>;
type Result = AnswerOf<typeof describeConfigs>['results'][number];
type Described = Result['configs'][number];

export function describeConfigsHandler(parts: ConfigParts): Handler {
  return handler(describeConfigs, {
    mayBeLong: true,
    handle: async (request, { caller }) => {
      const { resources } = request;
      const refused = refuseTooManyTopics(resources, parts.tools);
      if (refused !== null) return refused;
      // What is named twice is described once: an answer is so much longer than its request.
      const distinct = new Map(resources.map((resource) => [idOf(resource), resource]));
      // So many long answers are made at once as all connections together have room for.
      if (distinct.size > partsPerTurn) {
        const bytes = bytesOf(distinct.size, request, parts.tools.limits);
        await caller.budget.reserveAnswer(bytes, bytes);
        if (caller.signal.aborted) return new Silence({ thenClose: true });
      }
      const describe = describer(request);
      return {
        results: await oneByOne(distinct.values(), parts.tools, (wanted) =>
          describeOne(parts, wanted, describe, caller),
        ),
      };
    },
  });
}

function describeOne(
  parts: ConfigParts,
  { configurationKeys, ...resource }: Request['resources'][number],
  describe: (config: ConfigInForce) => Described,
  caller: KafkaCaller,
): Result {
  try {
    const configs = configsOf(parts, resource, caller).filter(isAskedFor(configurationKeys));
    return { ...resource, errorCode: 0, configs: configs.map(describe) };
  } catch (error) {
    return { ...resource, ...partError(error), configs: [] };
  }
}

/** @throws KafkaError, QError */
function configsOf(
  { services: { identity, topics, access }, topicConfigs, brokerConfigs }: ConfigParts,
  resource: ConfigResource,
  caller: KafkaCaller,
): readonly ConfigInForce[] {
  const { resourceType: type, resourceName } = resource;
  demandConfigs(access, caller, { operation: 'describeConfigs', of: resource });
  switch (type) {
    case resourceType.topic:
      return topicConfigs.describe(topics.settings(requireTopicName(resourceName), caller));
    case resourceType.broker:
      requireBrokerName(resourceName, identity.brokerId, { mayBeAll: true });
      // What is set for all brokers at once, while they run: nothing here.
      return resourceName === '' ? [] : brokerConfigs.describe(caller.advertised);
    case resourceType.brokerLogger:
      requireBrokerName(resourceName, identity.brokerId, { mayBeAll: false });
      return [];
    case resourceType.clientMetrics:
    case resourceType.group:
      requireResourceName(resource);
      return [];
    default:
      throw new KafkaError('INVALID_REQUEST', `there is no resource type ${type}`);
  }
}

/** As Kafka does it: no keys at all are all of them too. */
function isAskedFor(keys: readonly string[] | null): (config: ConfigInForce) => boolean {
  const wanted = new Set(keys);
  return ({ name }) => wanted.size === 0 || wanted.has(name);
}

/** About what the settings of so many topics take in an answer; no more than a part of the room that there is. */
function bytesOf(
  count: number,
  { includeDocumentation }: Request,
  { brokerOutputBytesMax }: ConfigParts['tools']['limits'],
): number {
  const each = includeDocumentation ? documentedBytes : undocumentedBytes;
  return Math.min(count * each, Math.floor(brokerOutputBytesMax / 4));
}

/** All settings of a topic with their synonyms, as measured. */
const documentedBytes = 5_400;
const undocumentedBytes = 2_500;

/** Most settings of most topics are the same ones: an answer has each of those once in memory. */
function describer(request: Request): (config: ConfigInForce) => Described {
  const made = new WeakMap<ConfigInForce, Described>();
  return (config) => {
    let one = made.get(config);
    if (one === undefined) made.set(config, (one = described(config, request)));
    return one;
  };
}

function described(
  { name, value, readOnly, source, type, synonyms, documentation }: ConfigInForce,
  { includeSynonyms, includeDocumentation }: Request,
): Described {
  return {
    name,
    value,
    readOnly,
    configSource: source,
    isSensitive: false,
    synonyms: includeSynonyms ? synonyms : [],
    configType: configType[type],
    documentation: includeDocumentation ? documentation : null,
  };
}
