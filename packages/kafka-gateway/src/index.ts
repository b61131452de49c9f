// @q/kafka-gateway: the Kafka protocol as a door of a q broker.
export { defaultKafkaPort, kafkaDoor } from './kafka-door.ts';
export type { KafkaDoorOptions } from './kafka-door.ts';
