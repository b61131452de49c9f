import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { encodeRequest, Hello, helloMagic } from '@q/protocol';
import { Mutator, seededRandom } from '@q/testkit';
import type { RigReport, SeededRandom } from '@q/testkit';
import { LiveBroker } from '../live-broker.ts';
import { RigRun } from '../rig-run.ts';
import { recordedExchanges } from '../kafka-apis.ts';
import { requestFrames } from './corpus.ts';

export interface ConnectionFuzzOptions {
  /** Hostile connections, one after another in each of a few lanes. */
  readonly count: number;
  readonly seed: number;
}

const lanes = 16;
const framesMax = 40;
/** The broker hangs up within its limits; a connection that it keeps longer is left to itself. */
const sessionMsMax = 5_000;
/** What the broker may hold beside what it holds idle: its budgets for input, and what V8 has not collected yet. */
const budgetBytes = 384 << 20;
/** A wrong request must not be able to fill the machine with partitions that it is allowed to make. */
const brokerArgs = [
  '--limit',
  'partitionsMax=2000',
  '--limit',
  'partitionsPerTopicMax=100',
  '--limit',
  'topicsMax=200',
  '--limit',
  'helloTimeoutMs=1000',
];

/** Right, wrong, cut, swapped and random frames at both doors of a broker of its own, beside an honest client. */
export async function run({ count, seed }: ConnectionFuzzOptions): Promise<RigReport> {
  const rig = new RigRun('fuzz-connection', seed);
  const replay = `--seed ${seed} --count ${count}`;
  await using live = await LiveBroker.start(brokerArgs);
  let next = 0;
  let isGone = false;
  void live.broker.ended.then(() => (isGone = true));
  const lane = async (): Promise<void> => {
    while (next < count && !isGone) {
      const number = next++;
      const random = seededRandom(seed ^ Math.imul(number + 1, 0x9e3779b1));
      const door = number % 2 === 0 ? nativeDoor(live.ports.native) : kafkaDoor(live.ports.kafka);
      rig.ran(`${door.name}, ${await session(door, random)}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (isGone) rig.fail(`the broker is gone after ${next} connections:\n${live.broker.log.slice(-2_000)}`, replay);
  else {
    const honest = await live.account();
    for (const trouble of honest.troubles) rig.fail(`the honest client: ${trouble}`, replay);
    rig.note('honest records', honest.acknowledged);
  }
  const grownBytes = live.peakBytes - live.idleBytes;
  if (grownBytes > budgetBytes) rig.fail(`the broker grew by ${grownBytes >> 20} MiB`, replay);
  rig.note('idle MiB', live.idleBytes >> 20);
  rig.note('peak MiB', live.peakBytes >> 20);
  rig.note('slowest honest send ms', live.slowestMs);
  return rig.report();
}

/** One hostile connection. Returns how it ended. */
async function session({ port, ...protocol }: DoorUnderFire, random: SeededRandom): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const ended = Promise.withResolvers<string>();
  socket.on('error', () => ended.resolve('reset'));
  socket.on('close', () => ended.resolve('hung up'));
  if (random.chance(0.9)) socket.resume();
  const timer = setTimeout(() => ended.resolve('kept'), sessionMsMax);
  send(socket, stream(protocol, random), random);
  // Half of them say that nothing follows, and take what is still answered; the others leave in the midst.
  if (random.chance(0.5)) socket.end();
  else socket.write('', () => ended.resolve('left'));
  const outcome = await ended.promise;
  clearTimeout(timer);
  socket.destroy();
  return outcome;
}

const hello: Buffer = Buffer.concat(
  encodeRequest(Hello, {
    version: 0,
    correlationId: 1,
    body: { magic: helloMagic, clientId: 'hostile', software: 'q-tests', softwareVersion: '0' },
  }),
);
const mutator = new Mutator(requestFrames);

/** What real clients have sent, with their lengths. */
const kafkaFrames: readonly Buffer[] = recordedExchanges.map(({ request }) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(request.length);
  return Buffer.concat([length, request]);
});
const kafkaMutator = new Mutator(kafkaFrames);
const apiVersionsKey = 18;
const greetings = kafkaFrames.filter((each) => each.readUInt16BE(4) === apiVersionsKey);

/** One way into the broker, and what is said there. */
interface DoorUnderFire {
  readonly name: string;
  readonly port: number;
  /** What an honest client begins with. */
  readonly greetings: readonly Buffer[];
  readonly frames: readonly Buffer[];
  readonly mutator: Mutator;
}

function nativeDoor(port: number): DoorUnderFire {
  return { name: 'native', port, greetings: [hello], frames: requestFrames, mutator };
}

function kafkaDoor(port: number): DoorUnderFire {
  return { name: 'Kafka', port, greetings, frames: kafkaFrames, mutator: kafkaMutator };
}

type Said = Pick<DoorUnderFire, 'greetings' | 'frames' | 'mutator'>;

/** A greeting, as a rule, and frames of every kind of wrong. */
function stream(said: Said, random: SeededRandom): Buffer {
  const frames: Buffer[] = [];
  for (let left = random.between(1, framesMax); left > 0; left -= 1) frames.push(frame(said, random));
  const shuffled = random.chance(0.2) ? frames.toSorted(() => random.next() - 0.5) : frames;
  const all = Buffer.concat(random.chance(0.85) ? [random.pick(said.greetings), ...shuffled] : shuffled);
  return random.chance(0.2) ? all.subarray(0, random.below(all.length + 1)) : all;
}

function frame({ frames, mutator: wrongs }: Said, random: SeededRandom): Buffer {
  const kind = random.next();
  if (kind < 0.25) return random.pick(frames);
  const wrong = wrongs.next(random);
  // With a length that fits, what lies behind the cutting of frames is reached.
  if (kind < 0.85 && wrong.length >= 4) wrong.writeUInt32BE(wrong.length - 4, 0);
  return wrong;
}

/** In one piece, or in pieces that end anywhere. */
function send(socket: Socket, bytes: Buffer, random: SeededRandom): void {
  if (random.chance(0.5)) socket.write(bytes);
  else
    for (let at = 0; at < bytes.length;) {
      const end = at + random.between(1, 400);
      socket.write(bytes.subarray(at, end));
      at = end;
    }
}
