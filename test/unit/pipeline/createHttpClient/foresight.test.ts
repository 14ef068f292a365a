import { expect } from 'chai';
import { TransportFailure } from '../../../../src/wire/transport.ts';
import { json, rejectionOf } from '../../../support/httpHouse.ts';
import { found, httpRig, type HttpRig } from '../../../support/httpRig.ts';

const patient = { policy: { retry: { maxAttempts: 1 } } };
/** Any two failures in a row make it suspect, and no number of them opens it. */
const touchy = { policy: { retry: { maxAttempts: 1 }, circuit: { detection: { strategy: 'consecutive', failures: 4 } } } } as const;

/** Calls that are answered after so long, until the gateway knows what is usual. */
const learn = async (rig: HttpRig, usualMs: number, calls = 40): Promise<void> => {
  rig.wire.replyWith({ ...found, afterMs: usualMs });
  for (let made = 0; made < calls; made += 1) {
    const answer = rig.get();
    await rig.clock.tickAsync(usualMs);
    await answer;
  }
};

const failTwice = async (rig: HttpRig): Promise<void> => {
  rig.wire.replyWith(new TransportFailure('reset'));
  for (let made = 0; made < 2; made += 1) await rejectionOf(rig.get());
};

describe('a client whose service is suspect', () => {
  const rig = httpRig();

  it('gives an attempt one and a half times the usual worst, and no less than half a second', async () => {
    rig.open(touchy, found);
    await learn(rig, 100);
    await failTwice(rig);
    rig.wire.replyWith('hang');

    const rejection = rejectionOf(rig.get());
    await rig.clock.tickAsync(500);

    expect(await rejection).to.include({ code: 'upstream_timeout', timeoutMs: 500, wasSuspect: true });
    expect(rig.house.breaker.snapshot().calls, 'and holds it against the service').to.include({ failure: 3, timeout: 1 });
  });

  it('leaves a write its time: nobody would know what became of it', async () => {
    rig.open(touchy, found);
    await learn(rig, 100);
    await failTwice(rig);
    rig.wire.replyWith('hang');

    const rejection = rejectionOf(rig.create());
    await rig.clock.tickAsync(3_999);
    const early = rig.wire.signals.at(-1)?.aborted;
    await rig.clock.tickAsync(1);

    expect(early).to.equal(false);
    expect(await rejection).to.include({ code: 'outcome_unknown' });
  });

  it('lets in seven tenths of what it usually does, and all again after the first success', async () => {
    rig.open(touchy, found);
    await failTwice(rig);
    const during = rig.house.http.getLimits().bulkhead.limit;
    rig.wire.replyWith(found);

    await rig.get();

    expect([during, rig.house.http.getLimits().bulkhead.limit]).to.deep.equal([7, 10]);
  });

  it('refuses nobody for that while there is room', async () => {
    rig.open(touchy, found);
    await failTwice(rig);
    rig.wire.replyWith(found);

    const answers = await Promise.all(Array.from({ length: 7 }, () => rig.get()));

    expect(answers).to.have.length(7);
  });
});

describe('the foresight of a client', () => {
  const rig = httpRig();

  it('sends nothing where half of the answers would come too late, and holds that against nobody', async () => {
    rig.open(patient, found);
    await learn(rig, 1_000);
    const { sent } = rig.wire;
    const before = sent.length;

    const error = await rejectionOf(rig.get({ deadlineMs: 900 }));

    expect(error).to.include({ code: 'deadline_exceeded', execution: 'not_sent', verdict: 'ignored' });
    expect(sent.length - before).to.equal(0);
    expect(rig.house.breaker.snapshot().calls).to.include({ fired: 40, ignored: 0 });
  });

  it('sends where there is time', async () => {
    rig.open(patient, found);
    await learn(rig, 1_000);

    const answer = rig.get({ deadlineMs: 1_100 });
    await rig.clock.tickAsync(1_000);

    expect(await answer).to.deep.equal({ id: '7' });
  });

  it('sends one in five all the same, so that a service that has become faster can show it', async () => {
    rig.open(patient, found);
    await learn(rig, 1_000);
    rig.wire.replyWith(found);

    const outcomes = [];
    for (let made = 0; made < 10; made += 1)
      outcomes.push(
        await rig.get({ deadlineMs: 900 }).then(
          () => 'served',
          () => 'refused',
        ),
      );

    expect(outcomes.filter((outcome) => outcome === 'served')).to.have.length(2);
  });

  it('sends nothing that could not be answered in the 50 ms that are kept for the answer', async () => {
    const error = await rejectionOf(rig.get({ deadlineMs: 50 }));

    expect(error).to.include({ code: 'deadline_exceeded', execution: 'not_sent' });
    expect(rig.wire.sent).to.have.length(0);
  });

  it('says of a write that was not sent for lack of time that it was not', async () => {
    const error = await rejectionOf(rig.create({ deadlineMs: 50 }));

    expect(error).to.include({ code: 'deadline_exceeded', execution: 'not_sent' });
  });
});

describe('a client whose attempt failed', () => {
  const rig = httpRig();
  const asked = (): readonly (boolean | undefined)[] => rig.wire.sent.map(({ newConnection }) => newConnection);

  it('repeats it on a new connection: the kept ones may all lead to what fails', async () => {
    rig.open({}, json(503, {}), found);

    const answer = rig.get();
    await rig.clock.tickAsync(200);
    await answer;
    await rig.get();

    expect(asked()).to.deep.equal([undefined, true, undefined]);
  });

  it('makes calls on new connections while the service is suspect', async () => {
    rig.open(touchy, found);
    await failTwice(rig);
    rig.wire.replyWith(found);

    await rig.get();
    await rig.get();

    expect(asked()).to.deep.equal([undefined, undefined, true, undefined]);
  });
});
