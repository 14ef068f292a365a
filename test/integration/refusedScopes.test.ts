import { expect } from 'chai';
import { drillRequestOf } from '../../lab/drill/drillSubjects.ts';
import { startGateway, type RunningGateway } from '../support/gateway.ts';
import { readText } from '../support/repoFiles.ts';
import { serviceNames } from '../support/serviceCredentials.ts';

const CALLS = 40;
const AT_A_TIME = 8;

/** SendGrid gives its scopes by product, so that its scenario names one. */
const scenarioOf = (service: string): string => (service === 'sendgrid' ? 'marketing_scope_missing' : 'missing_scopes');
const requestOf = (service: string): ReturnType<typeof drillRequestOf> =>
  service === 'sendgrid' ? (number) => ({ method: 'GET', path: `/api/sendgrid/contacts/${String(number)}` }) : drillRequestOf(service);

describe('a scope that our credential lacks', function () {
  this.timeout(30_000);
  let gateway: RunningGateway;

  before(async () => {
    gateway = await startGateway();
  });

  after(async () => {
    await gateway.stop('test');
  });

  for (const service of serviceNames) {
    it(`is told to forty callers of ${service}, and opens no circuit`, async () => {
      await gateway.fault(service, { fault: 'scenario', scenario: scenarioOf(service) });
      const answers: string[] = [];
      const call = async (number: number): Promise<void> => {
        const { method, path, body } = requestOf(service)(number);
        const headers = { 'content-type': 'application/json' };
        const answer = await gateway.ask(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
        answers.push(`${String(answer.status)} ${String(answer.body['code'])}`);
      };

      for (let from = 0; from < CALLS; from += AT_A_TIME)
        await Promise.all(Array.from({ length: AT_A_TIME }, (_, each) => call(from + each)));

      const { state, openings, operations } = gateway.clients[service].getCircuitState();
      expect(answers).to.deep.equal(Array.from({ length: CALLS }, () => '422 missing_scopes'));
      expect([state, openings, operations.openCount]).to.deep.equal(['closed', 0, 0]);
    });

    it(`is on the page of ${service} with all other scenarios of its simulator`, async () => {
      const { services } = (await (await fetch(gateway.sandboxUrl)).json()) as {
        readonly services: Readonly<Record<string, { readonly scenarios: readonly string[] }>>;
      };
      const scenarios = services[service]?.scenarios ?? [];

      const page = readText(`docs/services/${service}.md`);

      expect(scenarios).to.include(scenarioOf(service));
      expect(scenarios.filter((scenario) => !page.includes(`\`${scenario}\``))).to.deep.equal([]);
    });
  }
});
