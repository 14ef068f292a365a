/**
 * The wire, replaced: whatever is sent is recorded, and gets the answer that was chosen for it.
 */
import type { HttpRequest, HttpResponse, Transport } from '../../src/wire/transport.ts';

export interface FakeTransport {
  readonly transport: Transport;
  /** In the order of sending. */
  readonly sent: readonly HttpRequest[];
}

export const fakeTransport = (response: HttpResponse): FakeTransport => {
  const sent: HttpRequest[] = [];
  return {
    sent,
    transport: (request) => {
      sent.push(request);
      return Promise.resolve(response);
    },
  };
};
