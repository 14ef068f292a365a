import { seconds } from '../../time/clock.ts';
import { classOf, serviceOf, type Incident, type LastFailureKind } from '../../contract/incident.ts';

/** Services that fail within this time of each other have a cause in common, ms. */
const TOGETHER_MS = seconds(10);

/** One moment on both clocks, ms. */
export interface Moment {
  readonly now: number;
  readonly wallTime: number;
}

/** A circuit that failed, or is about to, and what failed there last. */
export interface FailingCircuit {
  readonly circuit: string;
  readonly kind: LastFailureKind;
}

/** What became of the incident; nobody needs to hear of its small changes. */
export interface IncidentChange {
  readonly type: 'began' | 'ended';
  readonly incident: Incident;
}

interface Opened {
  readonly kind: LastFailureKind;
  readonly at: number;
}

interface Member {
  readonly kind: LastFailureKind;
  /** Its circuit has opened; before that it was only suspect. */
  readonly isOpen: boolean;
}

/**
 * Sees that services which fail at the same time fail for one reason (docs/algorithms.md#common-cause-incidents). At a tenth of a false trip an
 * hour for each of five services, two within ten seconds come by chance once in about 10⁶ windows.
 *
 * A service counts from the opening of its circuit, or while suspect at the moment another one opens; suspicion alone
 * begins nothing, since two failures in a row are not rare. A suspect that does not open in time leaves again. The
 * incident ends when one of its services is back: what they had in common is then no longer broken.
 */
export class CommonCause {
  /** By circuit; those that have opened from closed and not closed since. */
  readonly #opened = new Map<string, Opened>();
  /** By service, in the order of joining. Empty between incidents. */
  readonly #members = new Map<string, Member>();
  #began: Moment = { now: 0, wallTime: 0 };
  #joinedAt = 0;

  get active(): Incident | undefined {
    if (this.#members.size < 2) return undefined;
    return {
      id: `common-cause-${String(Math.round(this.#began.wallTime))}`,
      beganAt: this.#began.now,
      since: this.#began.wallTime,
      services: [...this.#members.keys()],
      class: classOf([...this.#members.values()].map(({ kind }) => kind)),
    };
  }

  /** A circuit opened, for the first time or after a failed probe. @param suspects Circuits that are about to open. */
  opened({ circuit, kind }: FailingCircuit, suspects: readonly FailingCircuit[], moment: Moment): IncidentChange | undefined {
    const at = this.#opened.get(circuit)?.at ?? moment.now;
    this.#opened.set(circuit, { kind, at });
    if (this.#members.size > 0) {
      this.#join(serviceOf(circuit), kind, at);
      return undefined;
    }
    const failing = this.#failingNow(suspects, moment.now);
    if (moment.now - at > TOGETHER_MS || failing.size < 2) return undefined;
    for (const [service, member] of failing) this.#members.set(service, member);
    this.#began = moment;
    this.#joinedAt = moment.now;
    return this.#change('began');
  }

  /** A circuit closed. */
  closed(circuit: string): IncidentChange | undefined {
    this.#opened.delete(circuit);
    const service = serviceOf(circuit);
    const isBack = ![...this.#opened.keys()].some((other) => serviceOf(other) === service);
    return isBack && this.#members.has(service) ? this.#end() : undefined;
  }

  /** Time has passed. */
  settle(now: number): IncidentChange | undefined {
    if (this.#members.size === 0 || now - this.#began.now <= TOGETHER_MS) return undefined;
    const unproven = [...this.#members].filter(([, { isOpen }]) => !isOpen);
    if (this.#members.size - unproven.length < 2) return this.#end();
    for (const [service] of unproven) this.#members.delete(service);
    return undefined;
  }

  /** Later on, only what fails in the same way belongs to it: quiet services find out late that our network is gone. */
  #join(service: string, kind: LastFailureKind, openedAt: number): void {
    if (!this.#members.has(service)) {
      const incidentClass = this.active?.class;
      const fits = incidentClass === 'mixed' || classOf([kind]) === incidentClass;
      const isEarlier = this.#began.now - openedAt > TOGETHER_MS;
      const isLater = openedAt - this.#joinedAt > TOGETHER_MS;
      if (isEarlier || (isLater && !fits)) return;
      this.#joinedAt = openedAt;
    }
    this.#members.set(service, { kind, isOpen: true });
  }

  #failingNow(suspects: readonly FailingCircuit[], now: number): ReadonlyMap<string, Member> {
    const failing = new Map<string, Member>();
    for (const [circuit, { kind, at }] of this.#opened) {
      if (now - at <= TOGETHER_MS) failing.set(serviceOf(circuit), { kind, isOpen: true });
    }
    for (const { circuit, kind } of suspects) {
      const service = serviceOf(circuit);
      if (!failing.has(service)) failing.set(service, { kind, isOpen: false });
    }
    return failing;
  }

  #end(): IncidentChange | undefined {
    const change = this.#change('ended');
    this.#members.clear();
    return change;
  }

  #change(type: IncidentChange['type']): IncidentChange | undefined {
    const incident = this.active;
    return incident && { type, incident };
  }
}
