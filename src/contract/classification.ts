/**
 * What an answer of a service means. A service's own rules come first (text before status), then the general ones.
 */
import type { GatewayError } from '../errors/gatewayError.ts';
import type { CallSite } from '../errors/upstreamErrors.ts';
import type { HttpResponse } from '../wire/transport.ts';

/** An answer as classifiers see it: its JSON, parsed once and only if asked for. */
export interface ReceivedAnswer extends Pick<HttpResponse, 'status' | 'headers'> {
  /** The body as text. A long one is decoded when it is asked for: best leave it. */
  readonly body: string;
  /** The body as JSON, or `undefined` where it is none. */
  json(): unknown;
}

export interface ClassificationContext {
  readonly site: CallSite;
  /** Wall-clock ms, for dates of answers that tell no `Date` of their own. */
  readonly wallTime: number;
}

/** A service's own rules. `undefined`: the general rules decide. `accepted`: an answer, whatever the status says. */
export type Classifier = (answer: ReceivedAnswer, context: ClassificationContext) => GatewayError | 'accepted' | undefined;
