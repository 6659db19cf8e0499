import type { AccessRule } from "../mosquitto/acl.ts";
import type { BrokerLog, LogEvent } from "../mosquitto/broker-log.ts";
import { filtersOverlap } from "../mosquitto/filter-cover.ts";
import { placeholders } from "../mosquitto/pattern.ts";
import type { Access } from "./access-settings.ts";
import { isSmokeTest, userOfLoginName } from "./login-names.ts";

/** What the broker's log knows of how the policy is used; times are ISO 8601. */
export interface AccessUse {
  readonly began: string;
  /** Whether the log goes back to the broker's start; else a client that came before it is not seen. */
  readonly isWhole: boolean;
  /** When each user logged in last; those that did not are left out. */
  readonly logIns: ReadonlyMap<string, string>;
  /** Users with a session that the broker may have kept, with subscriptions from before the log. */
  readonly resuming: ReadonlySet<string>;
  /** When each rule, of all users' and of the patterns, last had a subscription that shares topics with it. */
  readonly subscriptions: ReadonlyMap<AccessRule, string>;
}

/** Gathers the use of a policy from a log, event by event, and keeps only what is asked for in the end. */
export class AccessUseRecord {
  readonly #access: Access;
  readonly #users = new Map<string, string | undefined>();
  readonly #logIns = new Map<string, string>();
  readonly #resuming = new Set<string>();
  readonly #subscriptions = new Map<AccessRule, string>();

  constructor(access: Access) {
    this.#access = access;
  }

  /** Takes an event in; those of others than the policy's users, such as the healthcheck, are passed over. */
  add(event: LogEvent): void {
    const user = this.#userOf(event.account);
    if (user === undefined || isSmokeTest(event)) return;
    if (event.kind === "log-in") {
      this.#logIns.set(user, event.at);
      if (event.resumes) this.#resuming.add(user);
      return;
    }
    const asked = event.filter.replace(/^\$share\/[^/]+\//, "");
    for (const rule of this.#access.users[user]?.rules ?? []) {
      if (reads(rule) && filtersOverlap(rule.filter, asked)) this.#subscriptions.set(rule, event.at);
    }
    for (const rule of this.#access.patterns) {
      const filter = filterOf(rule, event);
      if (reads(rule) && filter !== undefined && filtersOverlap(filter, asked)) {
        this.#subscriptions.set(rule, event.at);
      }
    }
  }

  /** Names repeat, and are looked up once. */
  #userOf(account: string): string | undefined {
    if (!this.#users.has(account)) this.#users.set(account, userOfLoginName(this.#access.users, account));
    return this.#users.get(account);
  }

  /** What is known now; nothing where the log had no line. */
  result({ began, isWhole }: BrokerLog): AccessUse | undefined {
    if (began === undefined) return undefined;
    return {
      ...{ began, isWhole },
      ...{ logIns: this.#logIns, resuming: this.#resuming, subscriptions: this.#subscriptions },
    };
  }
}

function reads({ access }: AccessRule): boolean {
  return access === "read" || access === "readwrite";
}

/** A pattern's filter for one client, or nothing where its names fill no level. */
function filterOf(
  { filter }: AccessRule,
  { account, clientId }: Pick<LogEvent, "account" | "clientId">,
): string | undefined {
  if (clientId === "" || /[+#/]/.test(clientId)) return undefined;
  const levels = filter.split("/").map((level) => {
    if (level === placeholders.client) return clientId;
    return level === placeholders.user ? account : level;
  });
  return levels.join("/");
}
