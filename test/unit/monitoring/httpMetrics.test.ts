import { expect } from 'chai';
import { createMetrics } from '../../support/exampleMetrics.ts';
import { Scrape } from '../../support/scrape.ts';

const COUNT = 'http_server_request_duration_seconds_count';

describe('HTTP metrics', () => {
  it('measure a request by method, route template and status', async () => {
    const metrics = createMetrics();

    metrics.requestEnded({ method: 'GET', route: '/api/hubspot/contacts/:id', status: 503, durationMs: 60 });

    const scrape = new Scrape((await metrics.render()).body);
    const labels = { http_request_method: 'GET', http_route: '/api/hubspot/contacts/:id', http_response_status_code: '503' };
    expect(scrape.value(COUNT, labels)).to.equal(1);
    expect(scrape.value('http_server_request_duration_seconds_bucket', { ...labels, le: '0.05' })).to.equal(0);
    expect(scrape.value('http_server_request_duration_seconds_bucket', { ...labels, le: '0.075' })).to.equal(1);
  });

  it('give a method that no standard knows the one label _OTHER', async () => {
    const metrics = createMetrics();

    metrics.requestEnded({ method: 'BREW', route: undefined, status: 405, durationMs: 1 });
    metrics.requestEnded({ method: 'PROPFIND', route: undefined, status: 405, durationMs: 1 });

    const scrape = new Scrape((await metrics.render()).body);
    expect(scrape.value(COUNT, { http_request_method: '_OTHER' })).to.equal(2);
  });

  it('put all requests without a route under one label, however many paths and methods are tried', async () => {
    const metrics = createMetrics();

    for (const method of ['GET', 'POST', 'PUT', 'TRACE', 'BREW'])
      metrics.requestEnded({ method, route: undefined, status: 404, durationMs: 1 });

    const scrape = new Scrape((await metrics.render()).body);
    expect(scrape.value(COUNT, { http_route: 'unmatched', http_request_method: '_OTHER', http_response_status_code: '404' })).to.equal(5);
  });

  for (const [said, method, status] of [
    ['without a key', 'GET', 401],
    ['without the right', 'POST', 403],
    ['of a method that the route does not have', 'DELETE', 405],
    ['that asks for the methods of a route', 'OPTIONS', 204],
  ] as const) {
    it(`bring one series for each status, not one for each route: a request ${said}`, async () => {
      const metrics = createMetrics();

      for (let tried = 0; tried < 50; tried += 1) {
        metrics.requestEnded({ method, route: `/api/hubspot/${String(tried)}`, status, durationMs: 1 });
      }

      const scrape = new Scrape((await metrics.render()).body);
      expect(scrape.value(COUNT, { http_route: 'unmatched', http_response_status_code: String(status) })).to.equal(50);
    });
  }
});
