/** The settings of thousands of topics are a long answer: it is made when there is room for it, and not before. */
import { defaultLimits, everybodyMay, nodeClock } from '@q/broker';
import { describe, expect, it } from 'vitest';
import { describeConfigsHandler } from '../../src/apis/describe-configs.ts';
import { Silence } from '../../src/session/handler.ts';
import type { RequestContext } from '../../src/session/handler.ts';
import { TopicConfigs } from '../../src/configs/topic-configs.ts';

function setUp(count: number, limits = defaultLimits) {
  let [described, reserved] = [0, 0];
  let grant: () => void = () => undefined;
  const caller = {
    advertised: { host: 'here', port: 1 },
    signal: { aborted: false },
    budget: {
      reserveAnswer: (bytes: number) => {
        reserved = bytes;
        return new Promise<number>((resolve) => (grant = () => resolve(bytes)));
      },
    },
  };
  const settings = (): [] => {
    described += 1;
    return [];
  };
  const handler = describeConfigsHandler({
    services: { topics: { settings }, access: everybodyMay },
    tools: { clock: nodeClock, limits },
    topicConfigs: new TopicConfigs(defaultLimits, {
      revision: 0,
      lookUp: (name) => ({ values: [{ value: name, source: 'default', from: '' }] }) as never,
    }),
  } as never);
  const resources = Array.from({ length: count }, (_, index) => ({ resourceType: 2, resourceName: `t${index}` }));
  const request = { resources, includeSynonyms: true, includeDocumentation: true };
  const answer = Promise.resolve(handler.handle(request, { version: 4, caller } as unknown as RequestContext));
  return { caller, answer, described: () => described, reserved: () => reserved, grant: () => grant() };
}

describe('the settings of many topics', () => {
  it('B1 wait for room, of which no answer takes more than a quarter', async () => {
    const { answer, described, reserved, grant } = setUp(200);
    expect([described(), reserved()]).toEqual([0, 200 * 5_400]);
    grant();
    expect(await answer).toMatchObject({ results: { length: 200 } });
    expect(described()).toBe(200);
    expect(setUp(1_000, { ...defaultLimits, brokerOutputBytesMax: 8 << 20 }).reserved()).toBe(2 << 20);
  });

  it('B1 are not looked at for a client that is gone by then', async () => {
    const { caller, answer, described, grant } = setUp(200);
    caller.signal.aborted = true;
    grant();
    expect(await answer).toEqual(new Silence({ thenClose: true }));
    expect(described()).toBe(0);
  });

  it('B1 of few topics wait for nothing', async () => {
    const { answer, reserved } = setUp(64);
    expect(await answer).toMatchObject({ results: { length: 64 } });
    expect(reserved()).toBe(0);
  });
});
