/** What came of numbered messages that were sent to one subscriber. */
export interface DeliveryRecord {
  readonly sent: number;
  /** Messages that never arrived. */
  readonly lost: number;
  /** Arrivals beyond the first of a message. */
  readonly duplicated: number;
  /** The longest time without an arrival while messages were sent, in milliseconds. */
  readonly longestGap: number;
}

/** One message that arrived. */
export interface Arrival {
  /** 0 for the first that was sent. */
  readonly number: number;
  /** Milliseconds of any one clock. */
  readonly at: number;
}

/**
 * Counts arrivals, which are given in their order.
 *
 * A gap begins with the sending or with an arrival. It ends with the next arrival or, where messages are
 * missing, with the end of the wait for them: a subscriber that hears nothing any more has no short gap.
 */
export function recordDelivery(
  sent: number,
  arrivals: readonly Arrival[],
  from: number,
  until: number,
): DeliveryRecord {
  const distinct = new Set(arrivals.map(({ number }) => number));
  const known = [...distinct].filter((number) => Number.isInteger(number) && number >= 0 && number < sent);
  const lost = sent - known.length;
  const moments = [from, ...arrivals.map(({ at }) => at), ...(lost > 0 ? [until] : [])];
  const gaps = moments.slice(1).map((moment, index) => moment - (moments[index] ?? moment));
  return {
    sent,
    lost,
    duplicated: arrivals.length - distinct.size,
    longestGap: gaps.reduce((longest, gap) => Math.max(longest, gap), 0),
  };
}

/** How many messages have to be sent by now, so that a timer that comes late does not lower the rate. */
export function dueBy(elapsedMilliseconds: number, perSecond: number): number {
  return Math.floor((elapsedMilliseconds * perSecond) / 1000);
}
