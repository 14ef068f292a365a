import { expect } from 'chai';
import { deadlineWarnings } from '../../../src/services/deadlines.ts';
import type { Service } from '../../../src/services/provider.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';
import { tableRows } from '../../support/markdown.ts';
import { readText } from '../../support/repoFiles.ts';

const acme = {
  title: 'Acme',
  deadlines: [{ endsOn: '2027-09-30', actBy: '2027-06-30', what: 'version 1', act: 'use version 2' }],
};

const at = (day: string): number => Date.parse(`${day}T15:00:00Z`);
const services: readonly Service[] = Object.values(serviceRegistry);

describe('The deadlines of services', () => {
  it('are silent until sixty days before we must act', () => {
    expect(deadlineWarnings([acme], at('2027-04-30'))).to.deep.equal([]);
  });

  it('are told from sixty days before, with what to do', () => {
    expect(deadlineWarnings([acme], at('2027-05-01'))).to.deep.equal([
      'Acme: version 1 ends on 2027-09-30; by 2027-06-30 (60 days left): use version 2',
    ]);
    expect(deadlineWarnings([acme], at('2027-06-30'))[0]).to.include('(0 days left)');
  });

  it('are told on and on when the day is past', () => {
    expect(deadlineWarnings([acme], at('2027-07-01'))[0]).to.include('(that day is past)');
    expect(deadlineWarnings([acme], at('2030-01-01'))).to.have.length(1);
  });

  it('are none for a service that announces nothing', () => {
    expect(deadlineWarnings([{ title: 'Quiet' }], at('2027-06-30'))).to.deep.equal([]);
  });

  it('are days that exist, and leave time between acting and the end', () => {
    for (const { actBy, endsOn } of services.flatMap(({ deadlines = [] }) => deadlines)) {
      expect(new Date(actBy).toISOString().slice(0, 10)).to.equal(actBy);
      expect(new Date(endsOn).toISOString().slice(0, 10)).to.equal(endsOn);
      expect(Date.parse(actBy)).to.be.below(Date.parse(endsOn));
    }
  });

  it('stand in the documentation as they are in the descriptors', () => {
    const [, section = ''] = /^## What we use\n([\s\S]*?)^## /mu.exec(readText('docs/services/deadlines.md')) ?? [];

    const expected = services.flatMap(({ title, deadlines = [] }) =>
      deadlines.map(({ what, endsOn, actBy, act }) => [title, what, endsOn, actBy, act]),
    );

    expect(expected).to.not.deep.equal([]);
    expect(tableRows(section)).to.deep.equal(expected);
  });
});
