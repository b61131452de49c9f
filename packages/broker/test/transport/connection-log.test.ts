import { describe, expect, it } from 'vitest';
import { hello, ping, setUp } from './connection-scene.ts';

describe('what the log tells of connections', () => {
  it('O5 has who came, from where, and how it ended', async () => {
    const { clock, pings, accept, said } = setUp();
    const { stream, events } = accept();
    events.data(Buffer.concat([hello(), ping(2)]));
    pings[0]!.answer({ payload: Buffer.from('a') });
    await clock.runDeferred();
    await clock.advance(5_000);
    events.closed();
    expect(said.lines).toEqual([
      {
        level: 'debug',
        event: 'connection.accepted',
        connectionId: 1,
        address: stream.remoteAddress,
        door: 'native',
        listener: 'native',
      },
      {
        level: 'debug',
        event: 'connection.closed',
        connectionId: 1,
        address: stream.remoteAddress,
        door: 'native',
        listener: 'native',
        clientId: 'me',
        reason: 'peer',
        requests: 2,
        forMs: 5_000,
      },
    ]);
  });

  it('O5 names the limit for which a client was hung up on', async () => {
    const { clock, accept, said } = setUp({ helloTimeoutMs: 1_000 });
    const { events } = accept();
    await clock.advance(2_000);
    events.closed();
    expect(said.of('connection.dropped')).toMatchObject([{ level: 'info', reason: 'helloTimeoutMs', requests: 0 }]);
    expect(said.of('connection.closed')).toEqual([]);
  });

  it('O5 says who sent bytes that are no request', async () => {
    const { clock, accept, said } = setUp();
    const { stream, events } = accept();
    events.data(hello());
    const broken = ping(7, 'x');
    // The length of the payload: more than there is.
    broken[broken.length - 2] = 0x7f;
    events.data(broken);
    await clock.runDeferred();
    events.closed();
    expect(said.of('request.malformed')).toMatchObject([
      {
        level: 'warn',
        door: 'native',
        api: 'PING',
        code: 'MALFORMED_FRAME',
        clientId: 'me',
        address: stream.remoteAddress,
        connectionId: 1,
        requestId: 7,
      },
    ]);
    expect(said.of('connection.dropped')).toMatchObject([{ reason: 'MALFORMED_FRAME' }]);
  });

  it('O5 says which limit refused a connection, and has one line for it', async () => {
    const { clock, accept, said } = setUp({ connectionsMax: 1 });
    accept();
    const { events } = accept();
    await clock.runDeferred();
    events.closed();
    expect(said.lines.filter(({ level }) => level !== 'debug')).toEqual([
      {
        level: 'warn',
        event: 'connection.refused',
        address: expect.any(String) as string,
        door: 'native',
        listener: 'native',
        limit: 'connectionsMax',
        value: 1,
      },
    ]);
  });
});
