import type { Door, DoorProtocol } from '@q/broker';
import { registerApis } from './apis/register-apis.ts';
import { serveBare } from './apis/sasl-authenticate.ts';
import { consumerLanguage } from './messages/consumer-protocol.ts';
import { Dispatcher } from './session/dispatcher.ts';
import { KafkaSession } from './session/kafka-session.ts';
import { wireLimits } from './wire/limits.ts';

/** Bounds of the protocol, whatever listener it is spoken at. */
export interface KafkaProtocolOptions {
  /** Largest request, in bytes. Default 100 MiB, Kafka's: some clients gather batches of many partitions up to it. */
  readonly frameBytesMax?: number;
}

/** Where Kafka clients come in. */
export interface KafkaDoorOptions extends KafkaProtocolOptions, Pick<Door, 'tls' | 'authentication'> {
  /** 0 takes a free port. Default 9092, Kafka's. */
  readonly port?: number;
  /** Default: the broker's host. */
  readonly host?: string;
  /** Where clients are told to connect. Default: the address that each has dialled. */
  readonly advertised?: { readonly host: string; readonly port: number };
  /** True: when another program has the port, the broker goes on without this door. */
  readonly isOptional?: boolean;
}

/** The port that Kafka clients expect. */
export const defaultKafkaPort = 9092;

/** How an IPv4 address looks to a socket that takes both kinds. */
const mappedIpv4 = /^::ffff:(?=\d+\.)/;

/** What listeners for Kafka clients speak: give it to `startBroker` in `listeners`, as often as you like. */
export function kafkaProtocol({ frameBytesMax = wireLimits.frameBytesMax }: KafkaProtocolOptions = {}): DoorProtocol {
  return {
    name: 'kafka',
    open: (services, tools) => {
      const dispatcher = new Dispatcher(tools, services.throttle);
      services.groups.languages.learn('consumer', consumerLanguage);
      registerApis(dispatcher, services, tools);
      const shared = {
        dispatcher,
        meter: tools.meter,
        addressFor: (localAddress: string) =>
          tools.advertised ?? { host: localAddress.replace(mappedIpv4, ''), port: tools.address().port },
        frameBytesMax,
        identityOf: tools.identityOf,
        serveBare,
        allocateFrame: tools.frames?.take ?? ((length: number) => Buffer.allocUnsafe(length)),
      };
      return (link) => new KafkaSession(shared, link);
    },
  };
}

/** A door for Kafka clients: give it to `startBroker` in `doors`. */
export function kafkaDoor(options: KafkaDoorOptions = {}): Door {
  const { port = defaultKafkaPort, host, tls, authentication, advertised, isOptional = false } = options;
  return {
    ...kafkaProtocol(options),
    port,
    ...(host !== undefined && { host }),
    ...(tls !== undefined && { tls }),
    ...(authentication !== undefined && { authentication }),
    ...(advertised !== undefined && { advertised }),
    isOptional,
  };
}
