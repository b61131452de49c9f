import type { Producer } from '@q/client';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import type { QContext } from './q-context.ts';
import { qProducer } from './q-module.ts';

export interface Order {
  readonly item: string;
  readonly quantity: number;
}

const cents: Readonly<Record<string, number>> = { lamp: 4900, chair: 9900 };

@Controller()
export class OrdersController {
  readonly #producer: Producer;

  constructor(@Inject(qProducer) producer: Producer) {
    this.#producer = producer;
  }

  /** At least once: after a crash an event may come again. What it sends is stored once, for its message id. */
  @EventPattern<string>('order-placed') // typed: the compiler else takes an overload that has no place for `@Ctx()`
  async pack(@Payload() order: Order, @Ctx() { message }: QContext): Promise<void> {
    await this.#producer.send('parcels', {
      key: message.key,
      value: `${order.quantity} ${order.item}`,
      messageId: `${message.topic}/${message.partition}/${message.offset}`,
    });
  }

  @MessagePattern('price-of')
  priceOf(@Payload() { item, quantity }: Order): { cents: number } {
    const price = cents[item];
    if (price === undefined) throw new RpcException(`There is no ${item}`);
    return { cents: price * quantity };
  }
}
