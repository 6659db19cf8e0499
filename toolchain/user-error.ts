/**
 * A mistake or a lack that the user can mend: one sentence with what was given, what is allowed, and the
 * command that mends it. Commands print its message alone, without a stack trace, and exit with code 2.
 */
export class UserError extends Error {
  override readonly name = "UserError";
}
