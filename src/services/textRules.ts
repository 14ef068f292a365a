/**
 * What a provider means by its errors, as a table of rules: the first that fits decides, and what none fits is left to the
 * general rules (`pipeline/generalClassification.ts`).
 */
import type { GatewayError } from '../errors/gatewayError.ts';
import {
  UpstreamQuotaExhaustedError,
  UpstreamRateLimitedError,
  UpstreamRejectedError,
  UpstreamUnauthorizedError,
  UpstreamUnavailableError,
  type UpstreamDetails,
} from '../errors/upstreamErrors.ts';
import type { ClassificationContext, Classifier, ReceivedAnswer } from '../contract/classification.ts';
import { pauseAskedMs } from '../pipeline/quota.ts';

/** What a provider says in its answer, wherever it says it. */
export interface Said {
  /** Its words, in which rules look for theirs. */
  readonly text: string;
  /** Names of the fields at fault, never a value. */
  readonly fields?: readonly string[];
}

/** An answer as rules see it. */
export interface Told<S extends Said = Said> extends ClassificationContext {
  readonly answer: ReceivedAnswer;
  readonly status: number;
  /** `undefined`: the answer is not in the provider's own form, such as the page of a proxy. */
  readonly said: S | undefined;
}

/** `undefined`: the general rules decide. */
type Meaning<S extends Said> = (told: Told<S>) => GatewayError | 'accepted' | undefined;

/** Every condition that is given must hold. */
export interface ErrorRule<S extends Said = Said> {
  /** Absent: any status from 400. */
  readonly status?: number | readonly number[];
  /** Lower case; any of them, anywhere in the provider's words. */
  readonly text?: string | readonly string[];
  readonly operation?: string | RegExp;
  readonly when?: (told: Told<S>) => boolean;
  readonly means: Meaning<S>;
}

interface RejectedParts<S extends Said> {
  /** Our status, where another one tells callers more than the provider's. */
  readonly as?: number;
  readonly details?: UpstreamDetails | ((told: Told<S>) => UpstreamDetails);
}

/** @param reason A constant of ours, such as `member_exists`. */
export const rejected =
  <S extends Said = Said>(reason?: string, { as, details = {} }: RejectedParts<S> = {}): Meaning<S> =>
  (told) =>
    new UpstreamRejectedError(told.site, as ?? told.status, reason, typeof details === 'function' ? details(told) : details);

export const unauthorized = ({ site, status }: Told): GatewayError => new UpstreamUnauthorizedError(site, status);
export const outOfCredits = ({ site }: Told): GatewayError => new UpstreamQuotaExhaustedError(site, 'credits');
/** Whether the provider has carried the request out, it cannot say. */
export const unavailable = ({ site }: Told): GatewayError => new UpstreamUnavailableError(site, 'http_5xx', 'unknown');

/** @param pauseMs For as long, whatever the answer's headers say. */
export const busyFor =
  (pauseMs: number) =>
  ({ site }: Told): GatewayError =>
    new UpstreamRateLimitedError(site, pauseMs);

/** @param elseMs For as long, where the answer's headers do not say. */
export const rateLimited =
  (elseMs: number) =>
  ({ site, answer, wallTime }: Told): GatewayError =>
    new UpstreamRateLimitedError(site, pauseAskedMs(answer.headers, wallTime) ?? elseMs);

/** An answer, whatever its status. */
export const accepted = (): 'accepted' => 'accepted';
export const leftToGeneralRules = (): undefined => undefined;

/** For `details`: the fields that the provider names. */
export const faultyFields = ({ said }: Told): UpstreamDetails =>
  said?.fields === undefined || said.fields.length === 0 ? {} : { fields: said.fields };

const MAX_NAMES = 20;

/** What has the form of a name, each once; anything else in its place could be somebody's data. */
export const namesIn = (values: readonly string[], form: RegExp): readonly string[] =>
  [...new Set(values.filter((value) => form.test(value)))].slice(0, MAX_NAMES);

const hasOneOf = (text: string | readonly string[], said: Said | undefined): boolean => {
  const words = said?.text.toLowerCase() ?? '';
  return [text].flat().some((each) => words.includes(each));
};

const isOf = (operation: string | RegExp, name: string): boolean =>
  typeof operation === 'string' ? operation === name : operation.test(name);

const fits = <S extends Said>({ status, text, operation, when }: ErrorRule<S>, told: Told<S>): boolean =>
  (status === undefined ? told.status >= 400 : [status].flat().includes(told.status)) &&
  (operation === undefined || isOf(operation, told.site.operation)) &&
  (text === undefined || hasOneOf(text, told.said)) &&
  (when === undefined || when(told));

const toldBy = <S extends Said>(
  answer: ReceivedAnswer,
  context: ClassificationContext,
  read: (answer: ReceivedAnswer) => S | undefined,
) => {
  let reading: { readonly said: S | undefined } | undefined;
  return {
    ...context,
    answer,
    status: answer.status,
    get said() {
      return (reading ??= { said: read(answer) }).said;
    },
  };
};

/**
 * @param read What the provider says, from its form of an error; called once for an answer, and only if a rule asks.
 */
export const classifierOf = <S extends Said>(
  rules: readonly ErrorRule<S>[],
  read: (answer: ReceivedAnswer) => S | undefined,
): Classifier => {
  const lowestStatus = Math.min(...rules.flatMap(({ status = 400 }) => status));
  return (answer, context) => {
    if (answer.status < lowestStatus) return undefined;
    const told = toldBy(answer, context, read);
    return rules.find((rule) => fits(rule, told))?.means(told);
  };
};

const NO_ANSWER: ReceivedAnswer = { status: 0, headers: {}, body: '', json: () => undefined };

/**
 * The reason of a row of a bulk answer, from the words the provider has on it: that of the first rule with a text that fits.
 *
 * @param status Which the same refusal of a single request has.
 * @returns `rejected` for words that no rule knows.
 */
export const reasonOfRow = (rules: readonly ErrorRule[], status: number, text: string): string => {
  const told = { site: { service: '', operation: '' }, wallTime: 0, answer: NO_ANSWER, status, said: { text } };
  const error = rules.find((rule) => rule.text !== undefined && fits(rule, told))?.means(told);
  if (error === undefined || error === 'accepted') return 'rejected';
  return error instanceof UpstreamRejectedError ? error.reason : error.code;
};
