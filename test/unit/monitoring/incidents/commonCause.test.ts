import { expect } from 'chai';
import { CommonCause, type FailingCircuit, type IncidentChange } from '../../../../src/monitoring/incidents/commonCause.ts';
import type { LastFailureKind } from '../../../../src/contract/incident.ts';

/** Wall-clock ms at the monotonic 0. */
const EPOCH = 1_790_000_000_000;

/** A circuit opens after so many ms. */
const open = (
  cause: CommonCause,
  circuit: string,
  now: number,
  kind: LastFailureKind = 'http_5xx',
  suspects: readonly FailingCircuit[] = [],
): IncidentChange | undefined => cause.opened({ circuit, kind }, suspects, { now, wallTime: EPOCH + now });

const suspect = (circuit: string, kind: LastFailureKind = 'http_5xx'): FailingCircuit => ({ circuit, kind });

describe('Common cause', () => {
  it('makes one incident of two services that fail within ten seconds', () => {
    const cause = new CommonCause();

    const first = open(cause, 'hubspot', 0);
    const second = open(cause, 'lemlist', 10_000);

    const incident = {
      id: `common-cause-${String(EPOCH + 10_000)}`,
      beganAt: 10_000,
      since: EPOCH + 10_000,
      services: ['hubspot', 'lemlist'],
      class: 'upstream-shared',
    };
    expect(first).to.equal(undefined);
    expect(second).to.deep.equal({ type: 'began', incident });
    expect(cause.active).to.deep.equal(incident);
  });

  it('sees nothing in common in services that fail further apart', () => {
    const cause = new CommonCause();

    open(cause, 'hubspot', 0);

    expect(open(cause, 'lemlist', 10_001)).to.equal(undefined);
    expect(cause.active).to.equal(undefined);
  });

  it('sees one service in several circuits of the same service', () => {
    const cause = new CommonCause();

    open(cause, 'hubspot:search', 0);

    expect(open(cause, 'hubspot:contacts', 1)).to.equal(undefined);
  });

  it('does not begin with a service that is back already', () => {
    const cause = new CommonCause();
    open(cause, 'hubspot', 0);
    cause.closed('hubspot');

    expect(open(cause, 'lemlist', 5000)).to.equal(undefined);
  });

  const classes: readonly (readonly [string, LastFailureKind, LastFailureKind])[] = [
    ['local-egress', 'dns', 'connect'],
    ['local-egress', 'tls', 'tls'],
    ['upstream-shared', 'http_5xx', 'timeout'],
    ['upstream-shared', 'slow', 'slow'],
    ['mixed', 'dns', 'http_5xx'],
    ['mixed', 'reset', 'reset'],
  ];
  for (const [expected, one, other] of classes) {
    it(`calls ${one} beside ${other} ${expected}`, () => {
      const cause = new CommonCause();

      open(cause, 'hubspot', 0, one);
      open(cause, 'lemlist', 1, other);

      expect(cause.active?.class).to.equal(expected);
    });
  }

  it('learns from a failed probe what it is that fails', () => {
    const cause = new CommonCause();
    open(cause, 'hubspot', 0, 'slow');
    open(cause, 'lemlist', 1, 'slow');

    open(cause, 'hubspot', 5000, 'connect');
    open(cause, 'lemlist', 5001, 'connect');

    expect(cause.active).to.include({ class: 'local-egress', beganAt: 1 });
  });

  it('ends as soon as one of its services is back', () => {
    const cause = new CommonCause();
    open(cause, 'hubspot', 0);
    open(cause, 'lemlist', 1);
    open(cause, 'explorium', 2);

    const end = cause.closed('lemlist');

    expect(end?.type).to.equal('ended');
    expect(end?.incident.services).to.deep.equal(['hubspot', 'lemlist', 'explorium']);
    expect(cause.active).to.equal(undefined);
  });

  it('goes on while only one of a service’s open circuits has closed', () => {
    const cause = new CommonCause();
    open(cause, 'hubspot', 0);
    open(cause, 'hubspot:search', 1);
    open(cause, 'lemlist', 2);

    expect(cause.closed('hubspot:search')).to.equal(undefined);
    expect(cause.closed('hubspot')?.type).to.equal('ended');
  });

  it('does not end for a service that is no part of it', () => {
    const cause = new CommonCause();
    open(cause, 'explorium', 0);
    open(cause, 'hubspot', 60_000);
    open(cause, 'lemlist', 60_001);

    expect(cause.closed('explorium')).to.equal(undefined);
    expect(cause.active?.services).to.deep.equal(['hubspot', 'lemlist']);
  });

  it('leaves out an older outage, whose probes go on failing', () => {
    const cause = new CommonCause();
    open(cause, 'explorium', 0);
    open(cause, 'hubspot', 60_000);
    open(cause, 'lemlist', 60_001);

    open(cause, 'explorium', 62_000);

    expect(cause.active?.services).to.deep.equal(['hubspot', 'lemlist']);
  });

  it('takes in a quiet service that finds out later, if it fails in the same way', () => {
    const cause = new CommonCause();
    open(cause, 'hubspot', 0, 'dns');
    open(cause, 'lemlist', 1, 'dns');

    open(cause, 'explorium', 300_000, 'http_5xx');
    open(cause, 'mailchimp', 300_001, 'connect');

    expect(cause.active).to.deep.include({ services: ['hubspot', 'lemlist', 'mailchimp'], class: 'local-egress' });
  });

  it('takes in whatever fails within ten seconds of the last', () => {
    const cause = new CommonCause();
    open(cause, 'hubspot', 0, 'dns');
    open(cause, 'lemlist', 1, 'dns');

    open(cause, 'explorium', 9000, 'http_5xx');

    expect(cause.active).to.deep.include({ services: ['hubspot', 'lemlist', 'explorium'], class: 'mixed' });
  });

  it('begins anew after its end, under another name', () => {
    const cause = new CommonCause();
    open(cause, 'hubspot', 0);
    const first = open(cause, 'lemlist', 1);
    cause.closed('hubspot');
    cause.closed('lemlist');

    open(cause, 'hubspot', 60_000);
    const second = open(cause, 'lemlist', 60_001);

    expect(second?.type).to.equal('began');
    expect(second?.incident.id).not.to.equal(first?.incident.id);
  });
});

describe('Common cause and suspects', () => {
  it('counts a service that is about to open when another does', () => {
    const cause = new CommonCause();

    const change = open(cause, 'hubspot', 0, 'dns', [suspect('lemlist', 'connect')]);

    expect(change?.incident).to.deep.include({ services: ['hubspot', 'lemlist'], class: 'local-egress' });
  });

  it('does not begin with suspects alone, though the probe of an older outage fails beside them', () => {
    const cause = new CommonCause();
    open(cause, 'hubspot', 0);

    expect(open(cause, 'hubspot', 60_000, 'http_5xx', [suspect('lemlist'), suspect('explorium')])).to.equal(undefined);
    expect(cause.active).to.equal(undefined);
  });

  it('drops a suspect that has not opened ten seconds later', () => {
    const cause = new CommonCause();
    open(cause, 'hubspot', 0, 'http_5xx', [suspect('lemlist')]);

    const early = cause.settle(10_000);
    const late = cause.settle(10_001);

    expect(early).to.equal(undefined);
    expect(late?.type).to.equal('ended');
    expect(cause.active).to.equal(undefined);
  });

  it('keeps a suspect that has opened', () => {
    const cause = new CommonCause();
    open(cause, 'hubspot', 0, 'http_5xx', [suspect('lemlist'), suspect('explorium')]);
    open(cause, 'lemlist', 3000);

    expect(cause.settle(10_001)).to.equal(undefined);
    expect(cause.active?.services).to.deep.equal(['hubspot', 'lemlist']);
  });

  it('has no end to tell of when nothing is under way', () => {
    expect(new CommonCause().settle(60_000)).to.equal(undefined);
  });
});
