import type { Door } from '@q/broker';
import type { Settings } from './settings.ts';

/**
 * The door for Kafka clients, as the settings want it. One that nobody has asked for may stay shut: a Kafka on the same
 * machine is no reason not to start.
 */
export async function kafkaDoors(
  settings: Pick<Settings, 'kafkaHost' | 'kafkaPort' | 'kafkaAdvertised'>,
  { isPortGiven }: { readonly isPortGiven: boolean },
): Promise<readonly Door[]> {
  const { kafkaHost: host, kafkaPort: port, kafkaAdvertised: advertised } = settings;
  if (port === null) return [];
  // Loaded only where it is wanted: it is the larger part of what a start without it does not pay for.
  const { kafkaDoor } = await import('@q/kafka-gateway');
  const door = kafkaDoor({ host, port, isOptional: !isPortGiven, ...(advertised !== null && { advertised }) });
  return [{ ...door, portSetting: '--kafka-port' }];
}
