/**
 * What the fleet shares cannot be had now. Never a caller's error: whoever meets it goes on by the rules of one process.
 */
export class SharedStateUnavailableError extends Error {
  override readonly name = 'SharedStateUnavailableError';

  /** @param reason A constant of ours; nothing of what was sent, nothing of what came back. */
  constructor(readonly reason: string) {
    super(`what the fleet shares cannot be had: ${reason}`);
  }
}
