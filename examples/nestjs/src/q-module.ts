import { connect } from '@q/client';
import type { Producer, Q } from '@q/client';
import { Inject, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';

/** Tokens for `@Inject`: interfaces leave nothing behind that Nest could find a provider by. */
export const qClient = Symbol('q client');
export const qProducer = Symbol('q producer');

/** One client and one producer for the whole application: everything shares one connection, and batches are larger. */
@Module({})
export class QModule implements OnApplicationShutdown {
  static forRoot(url: string): DynamicModule {
    return {
      module: QModule,
      global: true,
      providers: [
        { provide: qClient, useFactory: () => connect(url) },
        { provide: qProducer, useFactory: (q: Q): Producer => q.producer(), inject: [qClient] },
      ],
      exports: [qClient, qProducer],
    };
  }

  readonly #q: Q;

  constructor(@Inject(qClient) q: Q) {
    this.#q = q;
  }

  /** The last of Nest's hooks: what was in hand is finished. Sends what is buffered, then disconnects. */
  async onApplicationShutdown(): Promise<void> {
    await this.#q.close();
  }
}
