import type { StackOutputs } from "../../infra/contract.ts";
import type { UserAccess } from "../../mosquitto/acl.ts";
import type { ListenerName } from "../../mosquitto/listener.ts";
import { AccountPool } from "../account-pool.ts";
import type { Endpoint } from "../client-options.ts";
import { endpointOf, isClosed } from "../endpoint.ts";
import { openRoute } from "../policy/route.ts";
import type { Target } from "../target.ts";

/** A user, what it may do, and where it may log in. */
export interface StackUser extends UserAccess {
  readonly listeners: readonly ListenerName[];
}

/** How many others a user is looked at together with. */
const COMPANY = 5;

/** A target as checks look at it. */
export class StackView {
  readonly target: Target;
  readonly outputs: StackOutputs;
  readonly users: readonly StackUser[];
  /** The CA certificates of the stack, each PEM on its own. */
  readonly authorities: readonly string[];
  readonly #accounts: AccountPool;
  readonly #representatives = new Map<ListenerName, StackUser | undefined>();

  /** @throws Error where the outputs name no user */
  constructor(target: Target) {
    const { outputs } = target;
    this.target = target;
    this.outputs = outputs;
    this.users = Object.entries(outputs.users).map(([name, { rules, listeners }]) => ({
      name,
      rules,
      listeners,
    }));
    if (this.users.length === 0) missing("the stack's outputs name no user");
    this.authorities =
      outputs.certificates.authority.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ??
      [];
    this.#accounts = new AccountPool(outputs, "checks");
  }

  /** The users that may log in on a listener. */
  usersOf(listener: ListenerName): readonly StackUser[] {
    return this.users.filter(({ listeners }) => listeners.includes(listener));
  }

  /** Where a user's client connects: to the listener that is looked at, or to one that the user may use instead. */
  listenerFor(name: string, listener: ListenerName): ListenerName {
    const { listeners } = this.outputs.users[name] ?? missing(`the stack's outputs have no user ${name}`);
    const [first] = listeners;
    return listeners.includes(listener) || first === undefined ? listener : first;
  }

  /**
   * The user that stands for all others of a listener where something is proved of the listener itself; one that
   * can hear its own messages, if there is any. The proof of the policy tries everybody.
   */
  representativeOf(listener: ListenerName): StackUser | undefined {
    if (!this.#representatives.has(listener)) {
      const here = this.usersOf(listener);
      const own = here.find((user) => openRoute([user], [user], "smoke") !== undefined);
      this.#representatives.set(listener, own ?? here[0]);
    }
    return this.#representatives.get(listener);
  }

  /** Other users, who may see what a user does and speak to it. */
  othersThan(user: UserAccess): readonly StackUser[] {
    return this.users.filter(({ name }) => name !== user.name).slice(0, COMPANY);
  }

  /** Where a listener is, and how to come in there. */
  endpoint(listener: ListenerName): Endpoint {
    return endpointOf(this.target, listener, this.#accounts);
  }

  /** Whether nobody comes further than the handshake on a listener. */
  isClosed(listener: ListenerName): boolean {
    return isClosed(this.outputs, listener);
  }

  /** The account and the password that a user logs in with now; the account's name may differ from the user's. */
  credentialOf(user: string): { readonly username: string; readonly password: string } {
    return this.outputs.credentials[user] ?? missing(`the stack's outputs have no credential of ${user}`);
  }
}

function missing(message: string): never {
  throw new Error(message);
}
