import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type Account, accountsOf } from "../mosquitto/account.ts";
import { type ClientIdChoice, connectionAccounts, proofAccounts } from "../mosquitto/client-id.ts";
import { type Credential, deriveCredential } from "../mosquitto/password.ts";
import type { RevisionUser } from "../mosquitto/revision.ts";
import type { UserSettings } from "./user-settings.ts";

export interface UsersArgs {
  readonly users: Readonly<Record<string, UserSettings>>;
  /** Characters of each password. */
  readonly passwordLength: number;
  readonly clientIds: ClientIdChoice;
}

/** What a client logs in with. */
export interface LogIn {
  /** The account's name. */
  readonly username: string;
  readonly password: string;
}

/** A user's current account. */
export interface UserCredential extends LogIn {
  /** The accounts of the user's further connections, where client ids are the accounts'. */
  readonly connections: readonly LogIn[];
}

/** A random text, and when it was made. */
interface Seed {
  readonly text: string;
  /** ISO 8601. */
  readonly issued: string;
}

/**
 * The users of a broker, with passwords that nobody chose.
 *
 * Every generation in use has one random seed in the stack's state, and each password derives from its
 * generation's seed: a thousand users cost no more resources than one, and a raised generation brings
 * new randomness.
 */
export class Users extends pulumi.ComponentResource {
  /** Each account's name, rights and credential. Secret. */
  readonly accounts: pulumi.Output<readonly RevisionUser[]>;
  /** Those of the accounts that clients have: all but the smoke tests'. Secret. */
  readonly clientAccounts: pulumi.Output<readonly RevisionUser[]>;
  /** Each user's current account and password, by user name. Secret. */
  readonly credentials: pulumi.Output<Readonly<Record<string, UserCredential>>>;
  /** The accounts that the smoke tests have as each user, by user name; none where client ids are free. Secret. */
  readonly proofs: pulumi.Output<Readonly<Record<string, readonly LogIn[]>>>;
  /** When each user's current password was made, ISO 8601, by user name. */
  readonly issued: pulumi.Output<Readonly<Record<string, string>>>;
  /** A random text that the healthcheck's passwords derive from. Secret. */
  readonly healthcheckSeed: pulumi.Output<string>;

  constructor(name: string, args: UsersArgs, options?: pulumi.ComponentResourceOptions) {
    super("naboom-mqtt:infra:Users", name, {}, options);

    const { passwordLength: length } = args;
    const entries = Object.entries(args.users).map(([user, state]) => ({
      user,
      state,
      ...allAccounts(user, state, args.clientIds),
    }));
    const seeds = this.#seeds(entries.flatMap(({ clients, proofs }) => [...clients, ...proofs]));
    this.clientAccounts = seeds.apply((all) =>
      entries.flatMap(({ state, clients }) => withRights(all, state, clients, length)),
    );
    const proofs = seeds.apply((all) =>
      entries.flatMap(({ state, proofs }) => withRights(all, state, proofs, length)),
    );
    this.accounts = pulumi.all([this.clientAccounts, proofs]).apply(([clients, own]) => [...clients, ...own]);
    this.credentials = seeds.apply((all) =>
      Object.fromEntries(
        entries.map(({ user, current: [first, ...further] }) => [
          user,
          {
            ...logIn(all, first, length),
            connections: further.map((account) => logIn(all, account, length)),
          },
        ]),
      ),
    );
    this.proofs = seeds.apply((all) =>
      Object.fromEntries(
        entries.map(({ user, proofs }) => [user, proofs.map((account) => logIn(all, account, length))]),
      ),
    );
    this.issued = pulumi.unsecret(
      seeds.apply((all) =>
        Object.fromEntries(entries.map(({ user, state }) => [user, seedOf(all, state.generation).issued])),
      ),
    );
    this.healthcheckSeed = this.#seed("healthcheck").apply(({ text }) => text);
    this.registerOutputs();
  }

  /** One seed for each generation that any account has. */
  #seeds(accounts: readonly Account[]): pulumi.Output<Seeds> {
    const generations = new Set(accounts.map(({ generation }) => generation));
    const seeds = [...generations].map((generation) => [generation, this.#seed(`passwords-${generation}`)]);
    return pulumi.all(Object.fromEntries(seeds) as Record<string, pulumi.Output<Seed>>);
  }

  /**
   * 64 random letters and digits. They are a RandomPassword, since a RandomBytes has its bytes as its id,
   * which the state does not encrypt. The day of issue is kept beside them: later runs would give another
   * one, and are not heard.
   */
  #seed(name: string): pulumi.Output<Seed> {
    const letters = new random.RandomPassword(
      name,
      { length: 64, special: false, keepers: { issued: new Date().toISOString() } },
      { parent: this, ignoreChanges: ["keepers"] },
    );
    return pulumi.all([pulumi.secret(letters.result), letters.keepers]).apply(([text, keepers]) => ({
      text,
      issued: keepers?.issued ?? "",
    }));
  }
}

type Accounts = readonly [Account, ...Account[]];

/** The accounts that a user's clients are to use, those that they may use, and those of the smoke tests. */
function allAccounts(
  user: string,
  state: UserSettings,
  clientIds: ClientIdChoice,
): { readonly current: Accounts; readonly clients: readonly Account[]; readonly proofs: readonly Account[] } {
  const [first, ...older] = accountsOf(user, state);
  const current = connectionAccounts(first, state.connections);
  const proofs = proofAccounts(user, state.generation, clientIds);
  const before = older.flatMap((account) => connectionAccounts(account, state.connections));
  return { current, clients: [...current, ...before], proofs };
}

type Seeds = Readonly<Record<string, Seed>>;

function withRights(
  seeds: Seeds,
  { rules, listeners }: UserSettings,
  accounts: readonly Account[],
  length: number,
): RevisionUser[] {
  return accounts.map((account) => ({
    name: account.name,
    rules,
    listeners,
    credential: credentialOf(seeds, account, length),
  }));
}

function credentialOf(seeds: Seeds, { name: user, generation }: Account, length: number): Credential {
  return deriveCredential({ seed: seedOf(seeds, generation).text, user, length });
}

function logIn(seeds: Seeds, account: Account, length: number): LogIn {
  return { username: account.name, password: credentialOf(seeds, account, length).password };
}

function seedOf(seeds: Seeds, generation: number): Seed {
  const seed = seeds[generation];
  if (seed === undefined) throw new Error(`no seed was made for generation ${generation}`);
  return seed;
}
