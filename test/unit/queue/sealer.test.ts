import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { createSealer, UnopenableError, type SealingKey } from '../../../src/queue/sealer.ts';

const key = (id: string): SealingKey => ({ id, key: randomBytes(32) });

const first = key('first');
const second = key('second');

const reasonOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof UnopenableError) return error.reason;
    throw error;
  }
  throw new Error('it was opened');
};

describe('a sealer', () => {
  const sealer = createSealer({ keys: [first], clearText: false });

  it('opens what it sealed, for the same place', () => {
    expect(sealer.open(sealer.seal('Ada Marsh, ada@example.com – ☃', 'job_1'), 'job_1')).to.equal('Ada Marsh, ada@example.com – ☃');
    expect(sealer.open(sealer.seal('', 'job_1'), 'job_1')).to.equal('');
  });

  it('writes the id of the key, and nothing of the text', () => {
    const sealed = sealer.seal('ada@example.com', 'job_1');

    expect(sealed).to.match(/^v1\.first\.[\w-]{16}\.[\w-]{22}\.[\w-]+$/u);
    expect(Buffer.from(sealed.split('.')[4] ?? '', 'base64url').toString()).not.to.contain('ada');
  });

  it('never seals alike: equal texts are not seen to be equal', () => {
    expect(sealer.seal('text', 'job_1')).not.to.equal(sealer.seal('text', 'job_1'));
  });

  it('refuses a text that was sealed for another place', () => {
    const sealed = sealer.seal('text', 'job_1');

    expect(reasonOf(() => sealer.open(sealed, 'job_2'))).to.equal('damaged');
  });

  it('refuses a text with any part changed, cut off or missing', () => {
    const [version, id, iv, tag, data] = sealer.seal('text', 'job_1').split('.') as [string, string, string, string, string];
    const other = sealer.seal('more', 'job_1').split('.') as [string, string, string, string, string];
    const changed = [
      [version, id, other[2], tag, data],
      [version, id, iv, other[3], data],
      [version, id, iv, tag, other[4]],
      [version, id, iv, tag, ''],
      [version, id, iv, tag],
      ['v2', id, iv, tag, data],
      [''],
    ].map((parts) => parts.join('.'));

    expect(changed.map((text) => reasonOf(() => sealer.open(text, 'job_1')))).to.deep.equal(changed.map(() => 'damaged'));
  });

  it('seals with the first key and opens with all, so that keys can be changed', () => {
    const before = sealer.seal('old', 'job_1');
    const rotated = createSealer({ keys: [second, first], clearText: false });

    expect(rotated.seal('new', 'job_1')).to.match(/^v1\.second\./u);
    expect(rotated.open(before, 'job_1')).to.equal('old');
  });

  it('names a key that is missing, and nothing of what it sealed', () => {
    const sealed = sealer.seal('ada@example.com', 'job_1');
    const without = createSealer({ keys: [second], clearText: false });

    expect(reasonOf(() => without.open(sealed, 'job_1'))).to.equal('unknown_key');
    expect(() => without.open(sealed, 'job_1'))
      .to.throw(UnopenableError, /QUEUE_KEYS/u)
      .with.property('message')
      .that.does.not.contain(sealed);
  });

  it('does not open with another key of the same id', () => {
    const impostor = createSealer({ keys: [key('first')], clearText: false });

    expect(reasonOf(() => impostor.open(sealer.seal('text', 'job_1'), 'job_1'))).to.equal('damaged');
  });

  it('writes and reads clear text only where that is allowed', () => {
    const clear = createSealer({ keys: [], clearText: true });
    const written = clear.seal('text', 'job_1');

    expect(clear.open(written, 'job_1')).to.equal('text');
    expect(createSealer({ keys: [first], clearText: true }).open(written, 'job_1')).to.equal('text');
    expect(reasonOf(() => sealer.open(written, 'job_1'))).to.equal('clear_text_refused');
  });

  it('seals what is new where there is a key, though clear text is allowed', () => {
    expect(createSealer({ keys: [first], clearText: true }).seal('text', 'job_1')).to.match(/^v1\.first\./u);
  });

  it('is not made without a key, with a short one, or with two of one id', () => {
    expect(() => createSealer({ keys: [], clearText: false })).to.throw('needs a key');
    expect(() => createSealer({ keys: [{ id: 'short', key: randomBytes(16) }], clearText: false })).to.throw('32 bytes');
    expect(() => createSealer({ keys: [key('same'), key('same')], clearText: false })).to.throw('same id');
  });

  it('digests equal texts alike while keys are changed, and tells nothing of them without the key', () => {
    const rotated = createSealer({ keys: [second, first], clearText: false });
    const stranger = createSealer({ keys: [second], clearText: false });

    expect(rotated.digest('ada@example.com')).to.equal(sealer.digest('ada@example.com'));
    expect(sealer.digest('ada@example.com'))
      .to.match(/^[\w-]{43}$/u)
      .and.not.equal(sealer.digest('bert@example.com'));
    expect(stranger.digest('ada@example.com')).not.to.equal(sealer.digest('ada@example.com'));
  });
});
