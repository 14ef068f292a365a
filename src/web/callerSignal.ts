/**
 * Whether the caller is still there. An AbortController costs about as much as routing a request, so it is made
 * only for requests that start a call.
 */
export class CallerSignal {
  #controller: AbortController | undefined;
  #gone = false;

  /** Aborts when the caller hangs up before the answer is out. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#gone) this.#abort();
    return this.#controller.signal;
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Told by the request context when the connection closes before the answer is out. */
  hangUp(): void {
    this.#gone = true;
    this.#abort();
  }

  #abort(): void {
    this.#controller?.abort(new Error('the caller hung up'));
  }
}
