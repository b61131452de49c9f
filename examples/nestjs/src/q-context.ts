import type { GroupMessage } from '@q/client';
import { BaseRpcContext } from '@nestjs/microservices';

/** What handlers get as `@Ctx()`: the record, with its key, its headers, and where it is stored. */
export class QContext extends BaseRpcContext<[GroupMessage<string | null, unknown>]> {
  get message(): GroupMessage<string | null, unknown> {
    return this.args[0];
  }
}
