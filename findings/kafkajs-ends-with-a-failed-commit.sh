#!/usr/bin/env bash
# kafkajs 2.2.4 (npm) with Apache Kafka 4.4.0 (Maven), on Node 20.20.2.
#
# A transaction that takes longer than its time-out is aborted by the broker, and the producer hears of it when it commits:
# INVALID_PRODUCER_EPOCH. Its documentation has the transaction aborted where something fails. kafkajs refuses to: for it the
# transaction has ended. But its producer still takes itself for one that commits, so that it begins no other transaction
# either; not after it has disconnected and connected again. What helps is a new producer.
#
# Fails when abort is taken, or the producer begins another transaction. Takes a quarter of a minute, as Kafka looks for what
# has timed out every ten seconds. Needs npm, java 17, mvn and python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/kafka-4.4.0.bash"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts kafkajs@2.2.4

cat >stuck.mjs <<'END_OF_PROGRAM'
import kafkajs from 'kafkajs';

const { Kafka, logLevel } = kafkajs;
const kafka = new Kafka({ brokers: [process.argv[2]], logLevel: logLevel.NOTHING });
const options = { transactionalId: 'id', idempotent: true, maxInFlightRequests: 1, transactionTimeout: 1_000 };
const producer = kafka.producer(options);
const say = (what, work) => work().then(
  () => console.log(`${what}: done`),
  (error) => console.log(`${what}: ${error.type ?? error.message}`),
);
await producer.connect();
const late = await producer.transaction();
await late.send({ topic: 't', messages: [{ value: 'late' }] });
await new Promise((resolve) => setTimeout(resolve, 12_500));
await say('commit', () => late.commit());
await say('abort', () => late.abort());
await say('another', () => producer.transaction());
await producer.disconnect();
await producer.connect();
await say('after it has connected again', () => producer.transaction());
const fresh = kafka.producer(options);
await fresh.connect();
const transaction = await fresh.transaction();
await transaction.send({ topic: 't', messages: [{ value: 'new' }] });
await say('of a new producer', () => transaction.commit());
process.exit(0);
END_OF_PROGRAM

seen=$(node stuck.mjs "$bootstrap")
echo "$seen"
[ "$seen" = 'commit: INVALID_PRODUCER_EPOCH
abort: Cannot continue to use transaction once ended
another: Transaction state exception: Cannot call "beginTransaction" in state "COMMITTING"
after it has connected again: Transaction state exception: Cannot call "beginTransaction" in state "COMMITTING"
of a new producer: done' ]
