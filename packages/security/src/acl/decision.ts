import type { AclRule } from './rule.ts';

/** Who asks. The name of a principal is `User:NAME`; the address is that of its connection. */
export interface Asker {
  readonly principal: { readonly name: string };
  readonly address: string;
}

/** What was decided, and by what. `rule` is null where none was about it, and for super users. */
export interface Decision {
  readonly isAllowed: boolean;
  readonly by: 'super user' | 'rule' | 'default';
  readonly rule: AclRule | null;
}
