import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type Account, accountsOf, seedNumber } from "../mosquitto/account.ts";
import { type ClientIdChoice, connectionAccounts, proofAccounts } from "../mosquitto/client-id.ts";
import { type Credential, deriveCredential } from "../mosquitto/password.ts";
import type { RevisionUser } from "../mosquitto/revision.ts";
import { seedName } from "./password-seed.ts";
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
 * generation's seed: a thousand users cost no more resources than one. A generation that another user has had
 * brings no new randomness by itself; then the config names another seed for it (see `seedNumber`).
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
        Object.fromEntries(entries.map(({ user, current: [{ seed }] }) => [user, seedOf(all, seed).issued])),
      ),
    );
    this.healthcheckSeed = this.#seed("healthcheck").apply(({ text }) => text);
    this.registerOutputs();
  }

  /** Every seed that any account's password derives from, by number. */
  #seeds(accounts: readonly SeededAccount[]): pulumi.Output<Seeds> {
    const numbers = new Set(accounts.map(({ seed }) => seed));
    const seeds = [...numbers].map((number) => [number, this.#seed(seedName(number))]);
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

/** An account, and the number of the seed that its password derives from. */
interface SeededAccount extends Account {
  readonly seed: number;
}

type Accounts = readonly [SeededAccount, ...SeededAccount[]];

/** A user's accounts. */
interface UserAccounts {
  /** Those that its clients are to use. */
  readonly current: Accounts;
  /** Those that its clients may use. */
  readonly clients: readonly SeededAccount[];
  /** Those of the smoke tests. */
  readonly proofs: readonly SeededAccount[];
}

function allAccounts(user: string, state: UserSettings, clientIds: ClientIdChoice): UserAccounts {
  const seeded = (account: Account) => ({ ...account, seed: seedNumber(state, account.generation) });
  const [first, ...older] = accountsOf(user, state);
  const [own, ...further] = connectionAccounts(first, state.connections);
  const current: Accounts = [seeded(own), ...further.map(seeded)];
  const before = older.flatMap((account) => connectionAccounts(account, state.connections)).map(seeded);
  const proofs = proofAccounts(user, state.generation, clientIds).map(seeded);
  return { current, clients: [...current, ...before], proofs };
}

type Seeds = Readonly<Record<string, Seed>>;

function withRights(
  seeds: Seeds,
  { rules, listeners }: UserSettings,
  accounts: readonly SeededAccount[],
  length: number,
): RevisionUser[] {
  return accounts.map((account) => ({
    name: account.name,
    rules,
    listeners,
    credential: credentialOf(seeds, account, length),
  }));
}

/** A credential is asked for by each of the outputs, and derived once. */
function credentialOf(seeds: Seeds, account: SeededAccount, length: number): Credential {
  const { name: user, seed } = account;
  const known = credentials.get(account);
  if (known !== undefined) return known;
  const credential = deriveCredential({ seed: seedOf(seeds, seed).text, user, length });
  credentials.set(account, credential);
  return credential;
}

/** By account, which lives as long as the program, with its seeds and the length of passwords. */
const credentials = new WeakMap<SeededAccount, Credential>();

function logIn(seeds: Seeds, account: SeededAccount, length: number): LogIn {
  return { username: account.name, password: credentialOf(seeds, account, length).password };
}

function seedOf(seeds: Seeds, number: number): Seed {
  const seed = seeds[number];
  if (seed === undefined) throw new Error(`no seed was made with the number ${number}`);
  return seed;
}
