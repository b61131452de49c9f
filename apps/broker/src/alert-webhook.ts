import type { WebhookTarget } from '@q/admin';

/** Where alerts are sent by the settings in force, which may change while the broker runs. */
export class AlertWebhook {
  #target: WebhookTarget | null = null;

  /** Null: nowhere. */
  get target(): WebhookTarget | null {
    return this.#target;
  }

  /** Takes what the settings say from now on. */
  follow(valueOf: (name: string) => string | undefined): void {
    const given = (name: string): string | null => {
      const text = valueOf(name);
      return text === undefined || text === 'none' ? null : text;
    };
    const url = given('alertWebhookUrl');
    this.#target = url === null ? null : { url, secret: given('alertWebhookSecret') };
  }
}
