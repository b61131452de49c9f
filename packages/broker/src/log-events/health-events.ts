/** What a broker tells of its health, and whom it tells. */
export const healthEvents = {
  'alert.raised': {
    level: 'warn',
    meaning: 'Something wants a look, or will be lost if nobody does something. docs/ALERTS.md has every alert.',
    fields: ['alert', 'subject', 'action', 'figures'],
  },
  'alert.raised_critical': {
    level: 'error',
    meaning: 'Something is lost now, or soon. docs/ALERTS.md has every alert.',
    fields: ['alert', 'subject', 'action', 'figures'],
  },
  'alert.cleared': {
    level: 'info',
    meaning: 'What an alert has told is over.',
    fields: ['alert', 'subject', 'forMs'],
  },
  'health.look_failed': {
    level: 'error',
    meaning: 'The broker could not look at its own health. The next look is made all the same.',
    fields: ['err'],
  },
  'alert.not_passed_on': {
    level: 'error',
    meaning: 'An alert could not be given to whoever listens in the same process.',
    fields: ['err'],
  },
  'webhook.failing': {
    level: 'debug',
    meaning: 'The webhook did not take alerts. They are sent again.',
    fields: ['reason', 'failures'],
  },
  'webhook.gave_up': {
    level: 'warn',
    meaning: 'Alerts were not sent to the webhook, and will not be.',
    fields: ['reason', 'alerts'],
  },
  'webhook.broken': { level: 'error', meaning: 'What sends alerts to the webhook has failed.', fields: ['err'] },
  'process.watchdog_silent': {
    level: 'warn',
    meaning: 'The disk does not finish a write, so the service manager is not told that the broker is alive.',
    fields: ['stuckMs'],
  },
  'process.manager_unreachable': {
    level: 'warn',
    meaning: 'The service manager could not be told what the broker does. It goes on all the same.',
    fields: ['err'],
  },
} as const;
