/** What a rule allows or forbids; `deny` wins wherever it stands. */
export type Access = "read" | "write" | "readwrite" | "deny";

/** One line of an account's rights. */
export interface AccessRule {
  readonly access: Access;
  /** A topic filter (MQTT 5, 4.7). */
  readonly filter: string;
  /** Whether `%u` in the filter stands for the account and `%c` for the client id. @default false */
  readonly placeholders?: boolean;
}

/** A way into the broker that the account may use. */
export interface AccountListener {
  /** For instance `mqtts`. */
  readonly name: string;
  readonly url: string;
}

/** What a stack tells an account of itself. */
export interface AccountAccess {
  readonly rules: readonly AccessRule[];
  readonly listeners: readonly AccountListener[];
  /** The id that the broker gives each client of the account, whatever it asks for; without one a client's own holds. */
  readonly clientId?: string;
}
