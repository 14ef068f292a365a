import { expect } from 'chai';
import { fieldOf, simulatedSendgrid, type SimulatedSendgrid } from './simulatedSendgrid.ts';

const CONTACTS = '/v3/marketing/contacts';

describe('simulated search for contacts of SendGrid', () => {
  let simulated: SimulatedSendgrid;

  beforeEach(() => {
    simulated = simulatedSendgrid();
  });

  const search = (query: unknown) => simulated.ask(`POST ${CONTACTS}/search`, { query });
  const foundBy = (query: string): readonly unknown[] =>
    (fieldOf(search(query), 'result') as readonly { readonly email: string }[]).map(({ email }) => email);
  const writeMany = (count: number): void => {
    const contacts = Array.from({ length: count }, (_, index) => ({ email: `many${String(index)}@example.org` }));
    simulated.ask(`PUT ${CONTACTS}`, { contacts });
    simulated.pass(2_000);
  };

  it('finds one by its whole address, whatever the case', () => {
    expect(foundBy("email = 'Jane_Doe@example.com'")).to.deep.equal(['jane_doe@example.com']);
    expect(foundBy("email = 'jane_doe'")).to.deep.equal([]);
  });

  it('finds some by a part of an address or name, and takes no other sign than % for anything', () => {
    expect(foundBy("email LIKE 'known%'")).to.deep.equal(['known@example.com']);
    expect(foundBy("first_name LIKE '%an%'")).to.deep.equal(['jane_doe@example.com']);
    expect(foundBy("email LIKE 'kn.wn%'")).to.deep.equal([]);
  });

  it('shows fifty, and counts them all', () => {
    writeMany(60);

    const answer = search("email LIKE 'many%'");

    expect(fieldOf(answer, 'result')).to.have.length(50);
    expect(fieldOf(answer, 'contact_count')).to.equal(60);
  });

  it('refuses a query that is none', () => {
    expect(search("city = 'Oslo'").status).to.equal(400);
    expect(search('').status).to.equal(400);
    expect(search(undefined).status).to.equal(400);
  });

  it('finds up to a hundred by their addresses, and refuses one more', () => {
    writeMany(101);
    const emails = Array.from({ length: 101 }, (_, index) => `many${String(index)}@example.org`);
    const byEmail = (count: number) => simulated.ask(`POST ${CONTACTS}/search/emails`, { emails: emails.slice(0, count) });

    expect(Object.keys(fieldOf(byEmail(100), 'result') as object)).to.have.length(100);
    expect(byEmail(101).status).to.equal(400);
  });
});
