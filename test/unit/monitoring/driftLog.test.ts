import { expect } from 'chai';
import { driftLog } from '../../../src/monitoring/driftLog.ts';
import { recordingLogger } from '../../support/recordingLogger.ts';

const site = { service: 'hubspot', operation: 'get_contact' };

describe('The log of drift', () => {
  it('says each field of an operation once, whatever the number of answers', () => {
    const { logger, lines } = recordingLogger();
    const log = driftLog(logger);

    log.contractBroken?.({ ...site, fields: ['id'] });
    log.contractBroken?.({ ...site, fields: ['id', 'results.*.id'] });
    log.contractBroken?.({ ...site, fields: ['id'] });
    log.contractBroken?.({ ...site, operation: 'list_contacts', fields: ['id'] });

    expect(lines.map(({ level, operation, fields }) => [level, operation, fields])).to.deep.equal([
      ['warn', 'get_contact', ['id']],
      ['warn', 'get_contact', ['results.*.id']],
      ['warn', 'list_contacts', ['id']],
    ]);
  });

  it('says an announced end once for each operation and header, with its date', () => {
    const { logger, lines } = recordingLogger();
    const log = driftLog(logger);
    const notices = [{ header: 'deprecation' }, { header: 'sunset', at: Date.UTC(2027, 8, 30) }] as const;

    log.deprecationSeen?.({ ...site, notices });
    log.deprecationSeen?.({ ...site, notices });
    log.deprecationSeen?.({ ...site, notices: [...notices, { header: 'warning' }] });

    expect(lines).to.have.length(2);
    expect(lines[0]).to.include({ level: 'warn', ...site, deprecation: 'no date', sunset: '2027-09-30T00:00:00.000Z' });
    expect(lines[1])
      .to.include({ ...site, warning: 'no date' })
      .and.not.have.property('sunset');
  });
});
