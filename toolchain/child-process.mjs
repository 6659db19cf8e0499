// Waiting for a child process as if it were this one; plain JavaScript without dependencies, for start.mjs.

/**
 * Waits for a child and passes signals on to it. A terminal sends Ctrl-C to the child as well, so it is
 * not passed on there: a second one would make Pulumi give up at once.
 */
export function finish(child) {
  const terminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY === true);
  let received;
  const forward = (signal) => {
    received = signal;
    if (!(signal === "SIGINT" && terminal)) child.kill(signal);
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
