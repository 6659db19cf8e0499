import { listenersIn } from "../../mosquitto/listener.ts";
import { CLOSED } from "../endpoint.ts";
import { Unproved } from "../expectation.ts";
import type { CheckList } from "./check-list.ts";
import { notApplicable } from "./not-applicable.ts";
import type { Site } from "./site.ts";

const SUBJECT = "Log-in";

/** Pages' origins that no stack allows: of a name that nobody has (RFC 6761, 6.4), and of a page without one. */
const FOREIGN = Object.freeze(["https://smoke-test.invalid", "null"]);

const FOREIGN_IS_REFUSED = "a page of another origin is refused, with the right password";

/** Which pages in browsers may connect by WebSockets. */
export function origins(checks: CheckList): void {
  const { outputs } = checks.stack;
  const listeners = listenersIn(outputs.listeners).filter((name) => name.startsWith("ws"));
  // Origins that an allowed one begins with, which an unpatched Mosquitto 2.1.2 takes for it.
  const beginnings = outputs.origins
    .map((origin) => origin.slice(0, -1))
    .filter((origin) => !outputs.origins.includes(origin));

  if (listeners.length === 0) {
    checks.add(FOREIGN_IS_REFUSED, { subject: SUBJECT }, async () =>
      notApplicable("no WebSocket listener is on"),
    );
  }
  checks.everywhere(
    SUBJECT,
    FOREIGN_IS_REFUSED,
    async (site) => {
      // Whoever is refused without an origin as well is refused for something else.
      await connect(site, undefined);
      for (const origin of [...FOREIGN, ...beginnings]) await demandRefused(site, origin);
    },
    { listeners, versions: [5] },
  );
  checks.everywhere(
    SUBJECT,
    "a page of each allowed origin is let in",
    async (site) => {
      if (outputs.origins.length === 0) notApplicable("no origin is allowed, so that no page may connect");
      for (const origin of outputs.origins) await connect(site, origin);
    },
    { listeners, versions: [5] },
  );
}

async function connect(site: Site, origin: string | undefined): Promise<void> {
  if (site.stack.isClosed(site.listener)) notApplicable(CLOSED);
  await site.logIn(site.user, origin === undefined ? {} : { origin });
}

/** The broker ends the connection without an answer to the upgrade (`http__read` in its `src/http_serv.c`). */
async function demandRefused(site: Site, origin: string): Promise<void> {
  const seen = await connect(site, origin).then(
    () => "it was let in",
    (error: unknown) => {
      if (error instanceof Unproved) return error.actual;
      throw error;
    },
  );
  if (ENDED.includes(seen)) return;
  throw new Unproved(`a page of ${origin} to be refused before it can log in`, seen);
}

/** How `ws` and mqtt.js tell of a connection that was ended before an answer. */
const ENDED: readonly string[] = [
  "socket hang up",
  "read ECONNRESET",
  "the connection was closed without one",
];
