/**
 * INIT_PRODUCER: a new producer id, or a higher epoch for one (row P4).
 */
import { InitProducer } from '@q/protocol';
import type { InitProducerRequest, InitProducerResponse } from '@q/protocol';
import type { Handler } from '../handler.ts';
import type { Services } from '../../../services/services.ts';

export function initProducerHandler(ids: Services['producerIds']): Handler<InitProducerRequest, InitProducerResponse> {
  return {
    api: InitProducer,
    handle: (request, caller) => (request.producerId === -1 ? ids.create(caller) : ids.bump(request, caller)),
  };
}
