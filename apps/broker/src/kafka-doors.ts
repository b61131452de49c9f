import type { Door, ListenerOptions } from '@q/broker';
import { listedListeners, listenerOptions } from './listener-list.ts';
import type { ListSettings } from './listener-list.ts';
import { tlsOptions } from './security-options.ts';
import type { Settings } from './settings.ts';

type KafkaSettings = ListSettings & Pick<Settings, 'kafkaHost' | 'kafkaPort' | 'kafkaAdvertised'>;

/**
 * The door for Kafka clients, as the settings want it. One that nobody has asked for may stay shut: a Kafka on the same
 * machine is no reason not to start.
 */
export async function kafkaDoors(
  settings: KafkaSettings,
  { isPortGiven }: { readonly isPortGiven: boolean },
): Promise<readonly Door[]> {
  const { kafkaHost: host, kafkaPort: port, kafkaAdvertised: advertised } = settings;
  if (port === null || listedListeners(settings).some(({ protocol }) => protocol === 'kafka')) return [];
  // Loaded only where it is wanted: it is the larger part of what a start without it does not pay for.
  const { kafkaDoor } = await import('@q/kafka-gateway');
  const tls = tlsOptions(settings);
  const door = kafkaDoor({
    host,
    port,
    isOptional: !isPortGiven,
    ...(tls !== null && { tls }),
    ...(advertised !== null && { advertised }),
  });
  return [{ ...door, portSetting: '--kafka-port' }];
}

/** The ports of the setting `listeners`. */
export async function listenersOf(settings: Settings): Promise<readonly ListenerOptions[]> {
  const listed = listedListeners(settings);
  const isKafka = listed.some(({ protocol }) => protocol === 'kafka');
  return listenerOptions(listed, isKafka ? (await import('@q/kafka-gateway')).kafkaProtocol() : null);
}
