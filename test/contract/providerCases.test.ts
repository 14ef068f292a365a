/**
 * Replays every documented exchange twice: our client must send the documented request and understand the documented
 * answer, and our simulator must take the former and give an answer of the latter's kind.
 */
import { simulatorOf } from '../../sandbox/simulators.ts';
import { expect } from 'chai';
import { GatewayError } from '../../src/errors/gatewayError.ts';
import { explorium } from '../../src/services/explorium/explorium.ts';
import { hubspot } from '../../src/services/hubspot/hubspot.ts';
import { kit } from '../../src/services/kit/kit.ts';
import { lemlist } from '../../src/services/lemlist/lemlist.ts';
import { mailchimp } from '../../src/services/mailchimp/mailchimp.ts';
import { sendgrid } from '../../src/services/sendgrid/sendgrid.ts';
import type { Service, ServiceClient } from '../../src/services/provider.ts';
import {
  documentedRequest,
  documentedResponse,
  documentedSecret,
  providerCases,
  replayedClient,
  replayedSimulator,
  sandboxRequest,
  sentRequest,
  type ProviderCase,
} from '../support/caseRunner.ts';
import { missingLimitHeaders, shapeDifferences } from '../support/caseRunnerShape.ts';
import { fakeTransport } from '../support/fakeTransport.ts';
import type { CaseScript } from './caseScript.ts';
import { exploriumCases } from './exploriumCases.ts';
import { hubspotCases } from './hubspotCases.ts';
import { kitCases } from './kitCases.ts';
import { lemlistCases } from './lemlistCases.ts';
import { mailchimpCases } from './mailchimpCases.ts';
import { sendgridCases } from './sendgridCases.ts';

const asDocumented = (path: string): string => path;

const outcomeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
    return 'answer';
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
};

const replayThroughClient = async <Client extends ServiceClient>(
  service: Service<Client>,
  documented: ProviderCase,
  script: CaseScript<Client>,
): Promise<void> => {
  const { transport, sent } = fakeTransport(documentedResponse(documented));
  const { client, stop } = replayedClient(service, documentedSecret(documented), transport);

  const outcome = await outcomeOf(script.call(client)).finally(stop);

  expect(sent.map(sentRequest)).to.deep.equal([documentedRequest(documented, script.path ?? asDocumented)]);
  expect(outcome).to.equal(script.outcome);
};

const replayThroughSimulator = async <Client extends ServiceClient>(
  service: Service<Client>,
  documented: ProviderCase,
  script: CaseScript<Client>,
): Promise<void> => {
  const simulator = replayedSimulator(simulatorOf(service));
  script.arrange?.(simulator);
  const request = sandboxRequest(documented, script.path ?? asDocumented);

  const answer = script.ask?.(simulator, request) ?? simulator.answer(request);

  expect(answer.status, JSON.stringify(answer.body)).to.equal(documented.response.status);
  expect(shapeDifferences(documented.response.body, answer.body)).to.deep.equal([]);
  expect(missingLimitHeaders(documented.response.headers, answer.headers ?? {})).to.deep.equal([]);
};

const describeProvider = <Client extends ServiceClient>(service: Service<Client>, scripts: readonly CaseScript<Client>[]): void => {
  const cases = providerCases.filter(({ provider }) => provider === service.name);

  describe(`provider cases of ${service.title}`, () => {
    it(`has exactly one script for each documented exchange of ${service.title}, and none besides`, () => {
      expect(scripts.map((script) => script.case).sort()).to.deep.equal(cases.map(({ name }) => name).sort());
    });

    for (const script of scripts) {
      const documented = cases.find(({ name }) => name === script.case);
      if (documented === undefined) continue;
      it(`sends the request and understands the answer of ${service.name} "${script.case}"`, () =>
        replayThroughClient(service, documented, script));
      it(`simulates ${service.name} "${script.case}"`, () => replayThroughSimulator(service, documented, script));
    }
  });
};

describeProvider(hubspot, hubspotCases);
describeProvider(lemlist, lemlistCases);
describeProvider(kit, kitCases);
describeProvider(mailchimp, mailchimpCases);
describeProvider(sendgrid, sendgridCases);
describeProvider(explorium, exploriumCases);
