/**
 * A service on loopback that answers, hangs or fails as told, and counts what reaches it.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ServiceMode = 'ok' | 'hang' | '503';

export interface FailingService {
  readonly url: string;
  mode: ServiceMode;
  /** Requests received since the last reading. */
  takeCount(): number;
  close(): Promise<void>;
}

export const startFailingService = async (): Promise<FailingService> => {
  let received = 0;
  const answer = (response: ServerResponse): void => {
    received += 1;
    if (service.mode === 'hang') return;
    response.writeHead(service.mode === 'ok' ? 200 : 503, { 'content-type': 'application/json' });
    response.end(service.mode === 'ok' ? '{"id":"1"}' : '{"message":"unavailable"}');
  };
  const server = createServer((_request, response) => {
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const service: FailingService = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    mode: 'ok',
    takeCount: () => {
      const count = received;
      received = 0;
      return count;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return service;
};
