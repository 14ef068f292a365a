import { expect } from 'chai';
import { Secret } from '../../../src/config/secret.ts';
import { clientOptions, reconnectPauseMs } from '../../../src/redis/redisConnection.ts';

const settings = { host: 'redis.internal', port: 6380, username: 'gateway', password: new Secret('secret'), database: 3, tls: true };

describe('redisConnection', () => {
  it('turns settings into a client: where, as whom, and by TLS with the name of the host', () => {
    const options = clientOptions(settings, 'queue', () => 0);

    expect(options).to.deep.include({ host: 'redis.internal', port: 6380, db: 3, username: 'gateway', password: 'secret' });
    expect(options).to.deep.include({ tls: { servername: 'redis.internal' }, connectionName: 'sales-auto-api:queue' });
  });

  it('leaves out what is not set', () => {
    const options = clientOptions({ ...settings, username: undefined, password: undefined, tls: false }, 'queue', () => 0);

    expect(options).not.to.have.any.keys('username', 'password', 'tls');
  });

  it('holds no command back and sends none twice, and bounds each below the second of the queue', () => {
    const options = clientOptions(settings, 'queue', () => 0);

    expect(options).to.include({ enableOfflineQueue: false, autoResendUnfulfilledCommands: false });
    expect(options.commandTimeout).to.be.below(900);
  });

  it('comes back soon at first, then every two seconds at most, never in step with others', () => {
    const pauses = (random: number) => [1, 2, 3, 6, 7, 1000].map((attempt) => reconnectPauseMs(attempt, () => random));

    expect(pauses(0)).to.deep.equal([25, 50, 100, 800, 1000, 1000]);
    expect(pauses(0.999)).to.deep.equal([50, 100, 200, 1599, 1999, 1999]);
  });
});
