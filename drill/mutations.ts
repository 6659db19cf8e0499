import type { revisionFileNames } from "../mosquitto/layout.ts";
import type { ListenerName } from "../mosquitto/listener.ts";
import { issue } from "../mosquitto/trial-certificate.ts";
import type { Check } from "../smoke-tests/proof.ts";

/** The files of a revision, by what they are. */
export type BrokerFiles = Readonly<Record<keyof typeof revisionFileNames, string>>;

/** A broker that is not what its stack says, and the check that has to find it. */
export interface Mutation {
  readonly name: string;
  readonly change: (files: BrokerFiles) => Partial<BrokerFiles>;
  /** What a failed check has to say, among others. */
  readonly caught: Partial<Pick<Check, "name" | "user" | "listener" | "rule">>;
}

/** What is said where files do not even let the healthcheck in. */
export const NO_TWIN = "no twin stands on the files";

const WRITES = "what may be written arrives";
const DOES_NOT_WRITE = "what may not be written is answered with 0x87, and does not arrive";
const READS = "what may be read is served";
const DOES_NOT_READ = "what may not be read does not come";
const LET_IN = "the right password is taken";
const RIGHTS = "the ACL file has the rights of every account, and nothing else";
const ACCOUNTS = "the password file has the accounts that may log in, and no other";
const KEPT_OUT = "the right password is refused where the user may not log in";

/** The checks of the policy that are looked for. */
/** Ways to break a broker's files, of which none may go unnoticed. */
export const mutations: readonly Mutation[] = Object.freeze([
  acl("a rule to write is missing", "user service", without("topic write naboom/system/#"), {
    ...{ name: WRITES, user: "service", rule: "write naboom/system/#" },
  }),
  acl("a rule to read is missing", "user web", without("topic read naboom/community/#"), {
    ...{ name: READS, user: "web", rule: "read naboom/community/#" },
  }),
  acl(
    "a rule for a topic in real use is missing",
    "user publisher",
    without("topic write naboom/alerts/drill"),
    {
      ...{ name: WRITES, user: "publisher", rule: "write naboom/alerts/drill" },
    },
  ),
  acl("a rule for $SYS is missing", "user monitor", without("topic read $SYS/broker/uptime"), {
    ...{
      name: "what may be read is served when it is retained",
      user: "monitor",
      rule: "read $SYS/broker/uptime",
    },
  }),
  acl("a rule to write is too wide", "user publisher", instead("+/posts", "#"), {
    ...{ name: DOES_NOT_WRITE, user: "publisher" },
  }),
  acl("a rule to read is too wide", "user monitor", instead("naboom/alerts/#", "naboom/#"), {
    ...{ name: DOES_NOT_READ, user: "monitor" },
  }),
  acl("a rule is too narrow", "user service", instead("naboom/system/#", "naboom/system/+"), {
    ...{ name: WRITES, user: "service", rule: "write naboom/system/#" },
  }),
  acl(
    "a rule to read is one to write as well",
    "user monitor",
    instead("topic read naboom/system/#", "topic readwrite naboom/system/#"),
    {
      ...{ name: DOES_NOT_WRITE, user: "monitor", rule: "read naboom/system/#" },
    },
  ),
  acl("a deny is missing", "user operator", without("topic deny naboom/system/secret/+"), {
    ...{ name: DOES_NOT_READ, user: "operator", rule: "deny naboom/system/secret/+" },
  }),
  acl(
    "a deny is missing that takes one topic from an allow",
    "user publisher",
    without("topic deny naboom/community/private/#"),
    {
      ...{ name: DOES_NOT_WRITE, user: "publisher", rule: "deny naboom/community/private/#" },
    },
  ),
  acl("a deny is an allow", "user operator", instead("topic deny", "topic readwrite"), {
    ...{ name: DOES_NOT_WRITE, user: "operator", rule: "deny naboom/system/secret/+" },
  }),
  acl("a pattern is missing", "pattern", () => "", { name: WRITES, rule: "readwrite naboom/devices/%c/#" }),
  acl("a pattern is for every client", "pattern", instead("%c", "+"), {
    ...{ name: DOES_NOT_WRITE, rule: "readwrite naboom/devices/%c/#" },
  }),
  acl("a rule to read one topic is missing", "user monitor", without("topic read naboom/wishes/of the day"), {
    ...{ name: READS, user: "monitor", rule: "read naboom/wishes/of the day" },
  }),
  acl("a rule to read lacks its first level", "user monitor", instead("alerts/#", "alerts/+/#"), {
    ...{ name: READS, user: "monitor", rule: "read naboom/alerts/#" },
  }),
  // What no policy speaks of is proved of the files.
  acl("a user has a right too many", "user web", added("topic readwrite elsewhere/#"), { name: RIGHTS }),
  acl("everyone has a right too many", "pattern", added("pattern readwrite elsewhere/%u/#"), {
    name: RIGHTS,
  }),
  acl("an account that is to be retired has no rights any more", "user fleet\n", () => "", { name: RIGHTS }),
  acl("an account that is to be retired has other rights", "user fleet\n", added("topic deny #"), {
    name: RIGHTS,
  }),
  {
    name: "somebody whom no setting names may log in",
    change: (files) => ({
      "passwords-ws": files["passwords-ws"] + lineOf(files["passwords-ws"], "web").replace("web", "ghost"),
    }),
    caught: { name: ACCOUNTS, listener: "ws" },
  },
  {
    name: "the sections of two users are swapped",
    change: ({ acl }) => ({ acl: swapped(acl, "user web\n", "user monitor\n") }),
    caught: { name: READS, user: "web" },
  },
  { name: "the ACL file is empty", change: () => ({ acl: "" }), caught: { name: NO_TWIN } },
  conf("the broker has no ACL", (text) => text.replace(/^global_plugin \S+_acl_file\.so\n.*\n/m, ""), {
    ...{ name: DOES_NOT_WRITE, listener: "ws", user: "web" },
  }),
  conf(
    "a listener lets anonymous clients in",
    onListener("mqtts", "listener_allow_anonymous false", "listener_allow_anonymous true"),
    { name: "an anonymous client is refused", listener: "mqtts" },
  ),
  // A password file that no listener uses would keep the broker from starting.
  conf(
    "two listeners have each other's password files",
    (text) =>
      onListener(
        "wss",
        "password-wss",
        "password-mqtt",
      )(onListener("mqtt", "password-mqtt", "password-wss")(text)),
    { name: KEPT_OUT, listener: "wss", user: "service" },
  ),
  {
    name: "the password files of two listeners are swapped",
    change: (files) => ({
      "passwords-mqtts": files["passwords-ws"],
      "passwords-ws": files["passwords-mqtts"],
    }),
    caught: { name: KEPT_OUT, listener: "ws", user: "monitor" },
  },
  {
    name: "a user is let in on a listener that is not for it",
    change: (files) => ({
      "passwords-mqtt": files["passwords-mqtt"] + lineOf(files["passwords-wss"], "web"),
    }),
    caught: { name: KEPT_OUT, listener: "mqtt", user: "web" },
  },
  {
    name: "a user is missing in the password file of a listener",
    change: (files) => ({
      "passwords-wss": files["passwords-wss"].replace(lineOf(files["passwords-wss"], "web"), ""),
    }),
    caught: { name: LET_IN, listener: "wss", user: "web" },
  },
  {
    name: "two users have each other's passwords",
    change: (files) => ({ "passwords-mqtts": swapped(files["passwords-mqtts"], "publisher:", "monitor:") }),
    caught: { name: LET_IN, listener: "mqtts", user: "monitor" },
  },
  {
    name: "the server's certificate is another, from another CA",
    change: () => {
      const authority = issue({ name: "Another CA", authority: true });
      const { pem, keyPem } = issue({
        name: "localhost",
        issuer: authority,
        names: ["localhost", "127.0.0.1"],
      });
      return { certificate: pem, key: keyPem };
    },
    caught: { name: NO_TWIN },
  },
]);

type Edit = (section: string) => string;

/** A change of one section of the ACL file, from its first word on to the next empty line. */
function acl(name: string, head: string, edit: Edit, caught: Mutation["caught"]): Mutation {
  const change = (files: BrokerFiles) => {
    const sections = files.acl.split(/\n(?=\n)/).map((section) => section.replace(/^\n/, ""));
    const edited = sections.map((section) => (section.startsWith(head) ? edit(section) : section));
    return { acl: different(files.acl, edited.join("\n\n")) };
  };
  return { name, change, caught };
}

/** A change of mosquitto.conf. */
function conf(name: string, edit: Edit, caught: Mutation["caught"]): Mutation {
  const change = ({ configuration }: BrokerFiles) => ({
    configuration: different(configuration, edit(configuration)),
  });
  return { name, change, caught };
}

/** A change of the first such words in the lines of one listener. */
function onListener(listener: ListenerName, old: string, replacement: string): Edit {
  return (text) => {
    const start = text.indexOf(`\n# ${listener}\n`);
    return text.slice(0, start) + different(text.slice(start), text.slice(start).replace(old, replacement));
  };
}

function without(line: string): Edit {
  return (section) =>
    section
      .split("\n")
      .filter((each) => each !== line)
      .join("\n");
}

function added(line: string): Edit {
  return (section) => `${section}\n${line}`;
}

function instead(old: string, replacement: string): Edit {
  return (section) => section.replace(old, replacement);
}

function swapped(text: string, one: string, other: string): string {
  const between = "\u0000";
  return different(text, text.replace(one, between).replace(other, one).replace(between, other));
}

function lineOf(passwords: string, user: string): string {
  const line = passwords.split("\n").find((each) => each.startsWith(`${user}:`));
  if (line === undefined) throw new Error(`there is no password of ${user}`);
  return `${line}\n`;
}

/** A mutation that changes nothing would be caught by nothing, and say nothing. */
function different(before: string, after: string): string {
  if (before === after) throw new Error("the mutation changes nothing");
  return after;
}
