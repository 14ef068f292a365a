/**
 * Who should hold how much of a limit: the rule of `src/fleet/redis/lua/quota-report.lua`, in the words of this language. A contract
 * suite holds the two to each other.
 */
export interface Claim {
  readonly id: string;
  readonly share: number;
  /** The share with which nobody would have to wait. */
  readonly wanted: number;
  /** 0: nobody waits. */
  readonly needed: number;
  readonly usable: number;
  /** Since when it has waited for what it needs; 0: it does not. */
  readonly since: number;
}

export interface Allotment {
  /** What whoever wants all it can get has in the long run. */
  readonly fair: number;
  readonly targets: ReadonlyMap<string, number>;
}

/** The level to which wishes are met if nobody shall get more before others have as much. */
export const fairLevel = (limit: number, wishes: readonly number[]): number => {
  let left = limit;
  const rising = [...wishes].sort((a, b) => a - b);
  for (const [index, wish] of rising.entries()) {
    const level = left / (rising.length - index);
    if (wish > level) return level;
    left -= wish;
  }
  return limit;
};

/** Who has what it needs and has not used it yet keeps it; then come those who have waited longest. */
const inTurn = (a: Claim, b: Claim): number => {
  const [keepsA, keepsB] = [a, b].map(({ share, needed }) => (share >= needed ? 0 : 1)) as [number, number];
  return keepsA - keepsB || a.since - b.since || (a.id < b.id ? -1 : 1);
};

/**
 * Whole permits for each. Who has waited for a whole window, for more at once than is fair, gets it first; another time it waits
 * again. All others get as much of their wishes as is fair, and what does not come out even, or is too little to be of use, goes
 * whole to those whose turn it is.
 *
 * @param waitingSince Who waits since then or longer is first.
 */
export const allot = (limit: number, claims: readonly Claim[], waitingSince: number): Allotment => {
  const fair = fairLevel(
    limit,
    claims.map(({ wanted }) => wanted),
  );
  const isFirst = ({ since, needed, usable }: Claim): boolean => since > 0 && since <= waitingSince && needed > fair && usable < fair;
  const first = claims.filter(isFirst).sort(inTurn)[0];
  if (first === undefined) return { fair, targets: share(limit, claims) };
  const targets = share(
    Math.max(0, limit - first.needed),
    claims.filter((claim) => claim !== first),
  );
  return { fair, targets: new Map([...targets, [first.id, Math.min(limit, first.needed)]]) };
};

const share = (limit: number, claims: readonly Claim[]): Map<string, number> => {
  const fair = fairLevel(
    limit,
    claims.map(({ wanted }) => wanted),
  );
  const targets = new Map<string, number>();
  let left = limit;
  for (const { id, wanted, needed, usable } of claims) {
    const even = Math.floor(Math.min(wanted, fair));
    const target = needed > even ? Math.min(even, usable) : even;
    targets.set(id, target);
    left -= target;
  }
  const short = claims.filter(({ id, needed, usable }) => needed > targets.get(id)! && usable < fair).sort(inTurn);
  for (const { id, needed } of short) {
    const more = needed - targets.get(id)!;
    if (more > left) break;
    targets.set(id, needed);
    left -= more;
  }
  return targets;
};
