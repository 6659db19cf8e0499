// Waiting for a child process as if it were this one; plain JavaScript without dependencies, for start.mjs.

/** Milliseconds in which a signal that comes again is the same one: a group's, and what its other members pass on. */
const ECHO = 1_000;

/** Whether a person at a terminal can be talked to, and its Ctrl-C reaches every process. */
export function hasTerminal() {
  return [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);
}

/**
 * Waits for a child and passes signals on to it. A terminal sends Ctrl-C to the child as well, so it is
 * not passed on there: a second one would make Pulumi give up at once.
 */
export function finish(child) {
  const terminal = hasTerminal();
  let received;
  let passed = Number.NEGATIVE_INFINITY;
  const forward = (signal) => {
    received = signal;
    if ((signal === "SIGINT" && terminal) || performance.now() - passed < ECHO) return;
    passed = performance.now();
    child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve) => {
    const done = (end) => {
      for (const signal of signals) process.off(signal, forward);
      resolve(end);
    };
    child.once("error", (error) => done({ error }));
    child.once("close", (code, signal) => done({ code, signal, received }));
  });
}

/** Ends this process as the child ended: by the same signal, or with the same exit code. */
export async function endLike(end, tidy = () => undefined) {
  tidy();
  if (!end.signal) {
    process.exitCode = end.code;
    return;
  }
  process.kill(process.pid, end.signal);
  // The signal arrives in a moment; nothing else of ours may run until then.
  await new Promise((resolve) => setTimeout(resolve, 10_000));
}
