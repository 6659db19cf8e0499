/**
 * Something that the user can mend: one sentence with what was given, what is allowed, and the command
 * that mends it. Pulumi prints it without a stack trace, and ends the update.
 *
 * It is known to Pulumi by the mark of its own RunError, whose import costs 0.7 s that commands, which
 * ask the engine too, need not pay. It has no stack: nobody reads it.
 */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly __pulumiRunError = true;

  constructor(message: string) {
    super(message);
    this.stack = `Refusal: ${message}`;
  }
}
