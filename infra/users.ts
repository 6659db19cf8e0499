import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { AccessRule } from "../mosquitto/acl.ts";
import { deriveCredential } from "../mosquitto/password.ts";
import type { RevisionUser } from "../mosquitto/revision.ts";

export interface UsersArgs {
  /** The users' rights by user name. */
  readonly users: Readonly<Record<string, { readonly rules: readonly AccessRule[] }>>;
  /** Characters of each password. */
  readonly passwordLength: number;
}

/**
 * The users of a broker, with passwords that nobody chose: all derive from one random seed in the
 * stack's state, so that a thousand users cost no more resources than one.
 */
export class Users extends pulumi.ComponentResource {
  /** Name, rights and credential of each user. Secret. */
  readonly accounts: pulumi.Output<readonly RevisionUser[]>;
  /** 32 random bytes in base64. Secret. */
  readonly seed: pulumi.Output<string>;

  constructor(name: string, args: UsersArgs, options?: pulumi.ComponentResourceOptions) {
    super("naboom-mqtt:infra:Users", name, {}, options);

    const seed = new random.RandomBytes(`${name}-seed`, { length: 32 }, { parent: this });
    this.seed = pulumi.secret(seed.base64);
    this.accounts = this.seed.apply((bytes) =>
      Object.entries(args.users).map(([user, { rules }]) => ({
        name: user,
        rules,
        credential: deriveCredential({ seed: bytes, user, length: args.passwordLength }),
      })),
    );
    this.registerOutputs();
  }
}
