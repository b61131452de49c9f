import type { AdminListener } from '@q/broker';
import { problemBody } from './problem.ts';
import type { Problem } from './problem.ts';

/** Answers with a problem, without the app: for what is refused before it, or served without it. */
export function refuse(response: Parameters<AdminListener>[1], problem: Problem): void {
  const body = problemBody(problem);
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(body.retriable && { 'retry-after': '1' }),
    ...problem.options.headers,
  });
  response.end(JSON.stringify(body));
}
