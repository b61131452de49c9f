import { Ping } from '@q/protocol';
import type { PingRequest, PingResponse } from '@q/protocol';
import type { Handler } from '../handler.ts';

/** PING: gives back what was sent. */
export const pingHandler: Handler<PingRequest, PingResponse> = {
  api: Ping,
  isForStrangers: true,
  handle: ({ payload }) => ({ payload }),
};
