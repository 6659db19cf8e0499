/** What ends a check for which the users or the broker leave no room. */
export class NotApplicable extends Error {}

/** Ends a check as one that these users or this broker leave no room for; it is reported as such. */
export function notApplicable(reason: string): never {
  throw new NotApplicable(reason);
}
