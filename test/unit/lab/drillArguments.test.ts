import { expect } from 'chai';
import { drillFaults, readDrillArguments, usage, UsageError } from '../../../lab/drill/drillArguments.ts';
import { drillRequestOf, drillServices } from '../../../lab/drill/drillSubjects.ts';
import { serviceRegistry } from '../../../src/services/registry.ts';

const services = ['hubspot', 'lemlist'];
const read = (line: string): unknown => readDrillArguments(line.split(' ').filter(Boolean), services);
const complaint = (line: string): string => {
  try {
    read(line);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'none';
};

describe('drill subjects', () => {
  it('are all the services there are, each asked for another record every time', () => {
    expect(drillServices).to.have.members(Object.keys(serviceRegistry));
    for (const service of drillServices) {
      const request = drillRequestOf(service);

      expect(request(1), service).not.to.deep.equal(request(2));
      expect(request(1).path).to.match(new RegExp(`^/api/${service}/`, 'u'));
    }
  });
});

describe('drill arguments', () => {
  it('are a service and a fault; the rest has defaults', () => {
    expect(read('hubspot hang')).to.deep.equal({
      service: 'hubspot',
      fault: 'hang',
      rate: 20,
      seconds: 40,
      status: undefined,
      json: false,
      realLimits: false,
      running: undefined,
    });
  });

  it('take rate, length, status, form, and a gateway and a sandbox that run already', () => {
    const line = 'lemlist error --rate 5 --seconds 2.5 --status 500 --json --target http://localhost:3000/ --sandbox http://127.0.0.1:4010';

    expect(read(line)).to.deep.equal({
      service: 'lemlist',
      fault: 'error',
      rate: 5,
      seconds: 2.5,
      status: 500,
      json: true,
      realLimits: false,
      running: { target: 'http://localhost:3000', sandbox: 'http://127.0.0.1:4010' },
    });
  });

  it('say what is missing, unknown or too much', () => {
    expect(complaint('')).to.equal('A service is missing');
    expect(complaint('hubspot')).to.equal('A fault is missing');
    expect(complaint('salesforce hang')).to.equal('There is no service "salesforce"');
    expect(complaint('hubspot ok')).to.equal('There is no fault "ok"');
    expect(complaint('hubspot hang now')).to.match(/^"now" is too much/u);
    expect(complaint('hubspot hang --speed 3')).to.match(/--speed/u);
  });

  it('say in which range a number must be', () => {
    expect(complaint('hubspot hang --rate 0')).to.equal('--rate must be a number from 0.01 to 1000');
    expect(complaint('hubspot hang --seconds ten')).to.equal('--seconds must be a number from 1 to 600');
    expect(complaint('hubspot error --status 200')).to.equal('--status must be a number from 400 to 599');
    expect(complaint('hubspot error --status 500.5')).to.equal('--status must be a whole number from 400 to 599');
    expect(complaint('hubspot hang --status 503')).to.equal('--status goes with error, flap, partial, not with hang');
  });

  it('take rates below one call a second, the real limits, and a service that moves', () => {
    expect(read('hubspot hang --rate 0.05 --real-limits')).to.include({ rate: 0.05, realLimits: true });
    expect(read('hubspot moved')).to.include({ fault: 'moved' });
    expect(complaint('hubspot moved --target http://127.0.0.1:1 --sandbox http://127.0.0.1:2')).to.match(/^moved goes without/u);
  });

  it('refuse every target that is not on this machine', () => {
    for (const target of ['http://example.com', 'http://127.0.0.1.example.com', 'http://10.0.0.1:3000', 'http://0.0.0.0:3000']) {
      expect(complaint(`hubspot hang --target ${target} --sandbox http://127.0.0.1:4010`), target).to.match(
        /^--target must be on this machine/u,
      );
    }
    expect(complaint('hubspot hang --target http://127.0.0.1:3000 --sandbox http://[::2]:4010')).to.match(
      /^--sandbox must be on this machine/u,
    );
    expect(complaint('hubspot hang --target https://127.0.0.1 --sandbox http://127.0.0.1')).to.match(/^--target must be a URL such as/u);
    expect(complaint('hubspot hang --target http://127.0.0.1:3000')).to.match(/^--target and --sandbox belong together/u);
  });

  it('are explained with all services and all faults', () => {
    const text = usage(services);

    for (const name of [...services, ...drillFaults]) expect(text).to.include(name);
  });
});
