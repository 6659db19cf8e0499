import { env, stderr, stdout } from "node:process";
import colors from "picocolors";

/** Paints words for a person, or leaves them as they are. */
export type Paint = ReturnType<typeof colors.createColors>;

/** What decides on colour: a stream that may be a terminal. */
export interface Canvas {
  readonly isTTY?: boolean | undefined;
}

/**
 * Whether what is written to a stream may be coloured: on a terminal, unless NO_COLOR is set (no-color.org) or the
 * terminal is dumb.
 *
 * CI and FORCE_COLOR, on which libraries colour a pipe too, count for nothing: whoever reads a pipe is a program,
 * and has to find a path or a command as it is.
 */
export function mayColour(stream: Canvas, environment: NodeJS.ProcessEnv = env): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
}

/** Colours for what is written to a stream, plain in a pipe. */
export function paintFor(stream: Canvas): Paint {
  return colors.createColors(mayColour(stream));
}

/** Colours for what a command answers, on standard output. */
export const paintAnswer: Paint = paintFor(stdout);

/** Colours for what a command says of its work, on standard error. */
export const paintNotice: Paint = paintFor(stderr);
