import type { StackOutputs } from "../infra/contract.ts";
import type { ClientOptions } from "./client-options.ts";
import { Unproved } from "./expectation.ts";

type LogIn = StackOutputs["proofCredentials"][string][number];

/** Which accounts belong to whom: the proof of the policy runs beside the other checks, in another thread. */
const SHARES = Object.freeze({ policy: [0, 8], checks: [8, undefined] } as const);

/** Milliseconds after which somebody who waits for an account gives up: whoever has them keeps none that long. */
const PATIENCE = 60_000;

/** An account for one connection. */
export interface Lease {
  readonly logIn: LogIn;
  /** To be called when the connection has ended. */
  readonly end: () => void;
}

/**
 * The accounts that the smoke tests have where client ids are the accounts' names: each connection needs one of
 * its own, and the users' own are left to their clients.
 *
 * Whoever comes back with a client id gets the account that had it, as a session is the account's.
 */
export class AccountPool {
  readonly #users = new Map<string, UserAccounts>();

  constructor({ credentials, proofCredentials }: StackOutputs, share: keyof typeof SHARES) {
    for (const [user, accounts] of Object.entries(proofCredentials)) {
      const own = credentials[user];
      if (own === undefined || accounts.length === 0) continue;
      this.#users.set(key(own), new UserAccounts(user, accounts.slice(...SHARES[share])));
    }
  }

  /** An account in the place of a user's, once one is free; nothing where client ids are free, or nobody would be let in. */
  async take(options: ClientOptions): Promise<Lease | undefined> {
    const { version, username = "", password = "", clientId, sessionSeconds = 0, clean = true } = options;
    const accounts = this.#users.get(key({ username, password }));
    // MQTT 3.1.1 keeps a session for good; MQTT 5 as long as its last connection has asked for.
    return await accounts?.take(clientId, version === 5 ? sessionSeconds > 0 : !clean);
  }
}

function key({ username, password }: LogIn): string {
  return `${username} ${password}`;
}

interface Holder {
  readonly logIn: LogIn;
  connections: number;
  /** Whether its session outlives its connections. */
  lasting: boolean;
}

/** The accounts of one user. */
class UserAccounts {
  readonly #user: string;
  readonly #free: LogIn[];
  readonly #holders = new Map<string, Holder>();
  readonly #waiting: (() => void)[] = [];

  constructor(user: string, accounts: readonly LogIn[]) {
    this.#user = user;
    this.#free = [...accounts];
  }

  async take(clientId: string, lasting: boolean): Promise<Lease> {
    const holder = this.#holders.get(clientId) ?? { logIn: await this.#next(), connections: 0, lasting };
    this.#holders.set(clientId, holder);
    holder.connections += 1;
    holder.lasting = lasting;
    let ended = false;
    return {
      logIn: holder.logIn,
      end: () => {
        if (!ended) this.#leave(clientId, holder);
        ended = true;
      },
    };
  }

  #leave(clientId: string, holder: Holder): void {
    holder.connections -= 1;
    if (holder.connections > 0 || holder.lasting) return;
    this.#holders.delete(clientId);
    this.#free.push(holder.logIn);
    this.#waiting.shift()?.();
  }

  async #next(): Promise<LogIn> {
    while (this.#free.length === 0) await this.#wait();
    return this.#free.shift() as LogIn;
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Unproved(`a free account of ${this.#user} for one more connection`, "none")),
        PATIENCE,
      );
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
