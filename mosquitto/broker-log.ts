/** Something that a client did, as the broker's log has it. */
export type LogEvent =
  | {
      readonly kind: "log-in";
      /** ISO 8601. */
      readonly at: string;
      /** The name that was logged in with. */
      readonly account: string;
      readonly clientId: string;
      /** Whether it may go on with a session that the broker kept, subscriptions included. */
      readonly resumes: boolean;
    }
  | {
      readonly kind: "subscription";
      readonly at: string;
      readonly account: string;
      readonly clientId: string;
      /** As it was asked for, so with `$share/<group>/` where it is shared. */
      readonly filter: string;
    };

/**
 * Reads Mosquitto's log line by line, and keeps of it no more than which account each client id belongs to.
 *
 * The lines are those of 2.1.2 (`src/handle_connect.c`, `src/handle_subscribe.c` with `log_type subscribe`), with
 * the timestamp of our mosquitto.conf. A client may have an id that looks like a line, or like the start of one:
 * a log-in is read from its end, which the broker writes, and a subscription needs a client id that logged in.
 * A line is cut at 999 bytes; what was cut is passed over.
 */
export class BrokerLog {
  readonly #accounts = new Map<string, string>();
  #first: string | undefined;
  #began: string | undefined;

  /** When the log began, ISO 8601; undefined before its first line. */
  get began(): string | undefined {
    return this.#began;
  }

  /** Whether the log goes back to the broker's start; else a client may have been there all along, unseen. */
  get isWhole(): boolean {
    return this.#first !== undefined && /^mosquitto version \S+ starting$/.test(this.#first);
  }

  /** Reads the next line; most of them are no event. */
  read(line: string): LogEvent | undefined {
    const end = line.indexOf(": ");
    if (end === -1 || !TIMESTAMP.test(line.slice(0, end))) return undefined;
    const text = line.slice(end + 2);
    const at = line.slice(0, end);
    this.#first ??= text;
    this.#began ??= isoTime(at);
    if (line.length > CERTAINLY_WHOLE && Buffer.byteLength(line) >= CUT_AT) return undefined;
    return text.startsWith(LOG_IN_BEGINS) ? this.#logIn(at, text) : this.#subscription(at, text);
  }

  #logIn(at: string, text: string): LogEvent | undefined {
    const [, clientId, cleanStart, account] = LOG_IN.exec(text) ?? [];
    if (clientId === undefined || account === undefined) return undefined;
    this.#accounts.set(clientId, account);
    return { kind: "log-in", at: isoTime(at), account, clientId, resumes: cleanStart === "0" };
  }

  #subscription(at: string, text: string): LogEvent | undefined {
    for (const { index } of text.matchAll(QOS)) {
      const clientId = text.slice(0, index);
      const account = this.#accounts.get(clientId);
      if (account === undefined) continue;
      return { kind: "subscription", at: isoTime(at), account, clientId, filter: text.slice(index + 3) };
    }
    return undefined;
  }
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}$/;

const LOG_IN_BEGINS = "New client connected from ";

/** Greedy before its last bracket, which the broker writes behind the client id; names of users have no quote. */
const LOG_IN = /^New client connected from \S+ as (.*) \(p\d+, c([01]), k\d+, u'([^' ]+)'\)\.$/s;

/** What stands between a subscription's client id and its filter; two of them may share a space. */
const QOS = / (?=[012] )/g;

const CUT_AT = 999;
/** Characters of a line that has fewer bytes than are cut, whatever they are. */
const CERTAINLY_WHOLE = 249;

/** With a colon in the zone, as ISO 8601 has it beside a time with colons. */
function isoTime(timestamp: string): string {
  return new Date(timestamp.replace(/(\d\d)(\d\d)$/, "$1:$2")).toISOString();
}
