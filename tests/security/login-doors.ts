import {
  Authenticate,
  decodeErrorBody,
  decodeResponseBody,
  decodeResponseHeader,
  encodeRequest,
  Hello,
  helloMagic,
  ListTopics,
} from '@q/protocol';
import type { Api as NativeApi } from '@q/protocol';
import { metadata } from '../../packages/kafka-gateway/src/messages/metadata.ts';
import { saslAuthenticate } from '../../packages/kafka-gateway/src/messages/sasl-authenticate.ts';
import { saslHandshake } from '../../packages/kafka-gateway/src/messages/sasl-handshake.ts';
import { readAnswer } from '../../packages/kafka-gateway/test/frames.ts';
import { kafkaRequestBytes } from '../kafka-connection.ts';
import type { FramedSocket } from './framed-socket.ts';

/** What came of one message of a mechanism. `code`: the error, as its protocol calls it. */
export type Heard =
  | { readonly kind: 'more' | 'done'; readonly message: Buffer }
  | { readonly kind: 'refused'; readonly code: string; readonly words: string }
  | { readonly kind: 'silence' };

/** Whoever logs in, in one of the protocols: the same words for both. */
export interface Speaker {
  readonly socket: FramedSocket;
  /** One message of a mechanism; the request that chooses it goes first, where the protocol has one. */
  say(mechanism: string, message: Buffer): Promise<Heard>;
  /** Asks for something that only those may who are let in. False: hung up on, or refused. */
  isServed(): Promise<boolean>;
}

export interface LoginDoor {
  readonly name: 'native' | 'kafka';
  /** Says whatever comes before the first message of a mechanism. */
  readonly greet: (socket: FramedSocket) => Promise<Speaker>;
  /** The error of a failed login. */
  readonly refusal: string;
  /** What a login hears that would have to wait too long for its turn. */
  readonly notNow: string;
}

class NativeSpeaker implements Speaker {
  readonly socket: FramedSocket;
  #correlationId = 0;

  constructor(socket: FramedSocket) {
    this.socket = socket;
  }

  /** The frame of the answer. */
  ask<Q, A>(api: NativeApi<Q, A>, body: Q): Promise<Buffer | null> {
    this.#correlationId += 1;
    const request = encodeRequest(api, { version: api.versions.min, correlationId: this.#correlationId, body });
    this.socket.socket.write(Buffer.concat(request));
    return this.socket.next();
  }

  async say(mechanism: string, message: Buffer): Promise<Heard> {
    const frame = (await this.ask(Authenticate, { mechanism, message }))?.subarray(4) ?? null;
    if (frame === null) return { kind: 'silence' };
    if (decodeResponseHeader(frame).errorCode !== 0) {
      const { code, message: words } = decodeErrorBody(frame);
      return { kind: 'refused', code, words };
    }
    const { isDone, message: answer } = decodeResponseBody(Authenticate, 0, frame);
    return { kind: isDone ? 'done' : 'more', message: answer };
  }

  async isServed(): Promise<boolean> {
    const frame = await this.ask(ListTopics, { includeInternal: false });
    return frame !== null && decodeResponseHeader(frame.subarray(4)).errorCode === 0;
  }
}

class KafkaSpeaker implements Speaker {
  readonly socket: FramedSocket;
  #correlationId = 0;
  #mechanism: string | null = null;

  constructor(socket: FramedSocket) {
    this.socket = socket;
  }

  async say(mechanism: string, message: Buffer): Promise<Heard> {
    if (mechanism !== this.#mechanism) {
      const chosen = await this.#ask(saslHandshake, 1, { mechanism });
      if (chosen === null) return { kind: 'silence' };
      if (chosen.errorCode !== 0) return { kind: 'refused', code: String(chosen.errorCode), words: '' };
      this.#mechanism = mechanism;
    }
    const answer = await this.#ask(saslAuthenticate, 1, { authBytes: message });
    if (answer === null) return { kind: 'silence' };
    if (answer.errorCode !== 0)
      return { kind: 'refused', code: String(answer.errorCode), words: answer.errorMessage ?? '' };
    // A server's last message of SCRAM, and the empty one of the others.
    const isDone = answer.authBytes.length === 0 || answer.authBytes.subarray(0, 2).toString() === 'v=';
    return { kind: isDone ? 'done' : 'more', message: answer.authBytes };
  }

  async isServed(): Promise<boolean> {
    return (await this.#ask(metadata, 4, { topics: null, allowAutoTopicCreation: false })) !== null;
  }

  async #ask<Q, QIn, A, AIn>(
    api: Parameters<typeof kafkaRequestBytes<Q, QIn, A, AIn>>[0],
    version: number,
    body: QIn,
  ): Promise<A | null> {
    this.#correlationId += 1;
    this.socket.socket.write(kafkaRequestBytes(api, { version, correlationId: this.#correlationId, body }));
    const frame = await this.socket.next();
    return frame === null ? null : readAnswer(api, version, frame.subarray(4)).body;
  }
}

/** HELLO, as it stands at the beginning of each connection. */
export const helloBody = { magic: helloMagic, clientId: 'stranger', software: 'q-tests', softwareVersion: '0' };

export const loginDoors: readonly LoginDoor[] = [
  {
    name: 'native',
    refusal: 'AUTHENTICATION_FAILED',
    notNow: 'BROKER_BUSY',
    greet: async (socket) => {
      const speaker = new NativeSpeaker(socket);
      await speaker.ask(Hello, helloBody);
      return speaker;
    },
  },
  // SASL_AUTHENTICATION_FAILED
  { name: 'kafka', refusal: '58', notNow: 'silence', greet: async (socket) => new KafkaSpeaker(socket) },
];
