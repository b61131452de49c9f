/**
 * INIT_PRODUCER: a new producer id, or a higher epoch for one (row P4).
 */
import { InitProducer } from '@q/protocol';
import type { InitProducerRequest, InitProducerResponse } from '@q/protocol';
import type { Handler } from '../dispatch.ts';
import type { ProducerIdBlocks } from '../producers/producer-id-blocks.ts';

export function initProducerHandler(ids: ProducerIdBlocks): Handler<InitProducerRequest, InitProducerResponse> {
  return {
    api: InitProducer,
    handle: (request) => (request.producerId === -1 ? ids.create() : ids.bump(request)),
  };
}
