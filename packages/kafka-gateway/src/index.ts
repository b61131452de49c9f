// @q/kafka-gateway: the Kafka protocol as a door of a q broker.
export { defaultKafkaPort, kafkaDoor, kafkaProtocol } from './kafka-door.ts';
export type { KafkaDoorOptions, KafkaProtocolOptions } from './kafka-door.ts';
