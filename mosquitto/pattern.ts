/** What stands for the user's name, and what for the client id (mosquitto.conf(5), `pattern`). */
export const placeholders = Object.freeze({ user: "%u", client: "%c" });

/** Whether a topic filter has a placeholder in any of its levels. */
export function hasPlaceholder(filter: string, placeholder?: "user" | "client"): boolean {
  const wanted = placeholder === undefined ? Object.values(placeholders) : [placeholders[placeholder]];
  return wanted.some((text) => filter.includes(text));
}

/**
 * Says what is wrong with a topic filter as a pattern, or nothing when it is one.
 *
 * A placeholder is the only text of its level (mosquitto.conf(5), `pattern`).
 */
export function patternFault(filter: string): string | undefined {
  if (!hasPlaceholder(filter))
    return "a pattern has %u or %c in it; a filter without stands under read, write …";
  const partial = filter.split("/").some((level) => level.length > 2 && hasPlaceholder(level));
  return partial ? "%u or %c fills a whole level" : undefined;
}

/** A pattern's filter for one user. */
export function substituteUser(filter: string, user: string): string {
  return filter
    .split("/")
    .map((level) => (level === placeholders.user ? user : level))
    .join("/");
}
