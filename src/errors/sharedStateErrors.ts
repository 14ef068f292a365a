import { GatewayError } from './gatewayError.ts';

/**
 * What the fleet shares cannot be had now. No call ever ends with it: whoever meets it goes on by the rules of one process. Only a
 * person who asked for a change of the whole fleet is told.
 */
export class SharedStateUnavailableError extends GatewayError {
  readonly code = 'fleet_unavailable';
  override readonly execution = 'not_sent';
  override readonly retryAfterMs = 5000;

  /** @param reason A constant of ours; nothing of what was sent, nothing of what came back. */
  constructor(readonly reason: string) {
    super(`what the fleet shares cannot be had: ${reason}`);
  }
}
