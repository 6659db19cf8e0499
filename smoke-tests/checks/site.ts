import type { UserAccess } from "../../mosquitto/acl.ts";
import type { ListenerName } from "../../mosquitto/listener.ts";
import { type Client, connect } from "../client.ts";
import type { ClientOptions } from "../client-options.ts";
import { openRoute, type Route } from "../policy/route.ts";
import type { ProtocolVersion } from "../reason-codes.ts";
import { scratchName } from "../scratch-name.ts";
import { notApplicable } from "./not-applicable.ts";
import type { StackUser, StackView } from "./stack-view.ts";

/** One listener and one version of the protocol, as one check has them for itself. */
export class Site {
  readonly stack: StackView;
  readonly listener: ListenerName;
  readonly version: ProtocolVersion;
  /** A topic level that only this check uses. */
  readonly level = scratchName();
  readonly #clients: Client[] = [];

  constructor(stack: StackView, listener: ListenerName, version: ProtocolVersion) {
    this.stack = stack;
    this.listener = listener;
    this.version = version;
  }

  /** The user that stands for all others of the listener. */
  get user(): StackUser {
    const { listener } = this;
    return this.stack.representativeOf(listener) ?? notApplicable(`no user may log in on ${listener}`);
  }

  /**
   * Logs a user in with the right password, on another listener where it may not use this one; the client is
   * closed when the check ends.
   */
  async logIn(user: UserAccess, options: Partial<ClientOptions> = {}): Promise<Client> {
    const client = await connect(this.stack.endpoint(this.stack.listenerFor(user.name, this.listener)), {
      version: this.version,
      clientId: scratchName(),
      ...this.stack.credentialOf(user.name),
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  /** A way of a message on which the writer, the reader or best both use the listener of the check. */
  route(): Route {
    const { listener, level, stack } = this;
    const here = stack.usersOf(listener);
    return (
      openRoute(here, here, level) ??
      openRoute(here, stack.users, level) ??
      openRoute(stack.users, here, level) ??
      notApplicable(
        "no user may send on a scratch topic that any user may read, with either on this listener",
      )
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}
