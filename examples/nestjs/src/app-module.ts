import type { Q } from '@q/client';
import { Inject, Module } from '@nestjs/common';
import type { DynamicModule, OnModuleInit } from '@nestjs/common';
import { OrdersController } from './orders-controller.ts';
import { qClient, QModule } from './q-module.ts';

@Module({})
export class AppModule implements OnModuleInit {
  static forRoot(url: string): DynamicModule {
    return { module: AppModule, imports: [QModule.forRoot(url)], controllers: [OrdersController] };
  }

  readonly #q: Q;

  constructor(@Inject(qClient) q: Q) {
    this.#q = q;
  }

  async onModuleInit(): Promise<void> {
    await this.#q.admin.ensureTopic('parcels', { config: { 'dedup.window.ms': '1h' } });
  }
}
