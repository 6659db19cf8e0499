import { type Want, wants } from "../infra/access-explanation.ts";
import type { Access } from "../infra/access-settings.ts";
import { runCommand } from "../infra/mend.ts";
import { someOf } from "../infra/rule-breadth.ts";
import { topicFilterFault } from "../mosquitto/topic-filter.ts";
import { UserError } from "../toolchain/user-error.ts";
import { shellWord } from "./shell-word.ts";

/** What a person asks about a policy. */
export type AccessQuestion =
  | { readonly about: "right"; readonly user: string; readonly want: Want; readonly topic: string }
  | { readonly about: "user"; readonly user: string }
  | { readonly about: "topic"; readonly topic: string }
  | { readonly about: "review" };

/** What can be asked, as the command line takes it. */
const forms = Object.freeze({
  right: "explain USER read|write TOPIC: may the user?",
  user: "explain USER: what may the user do at all?",
  topic: "who TOPIC: who may read or write it?",
  review: "review: what is too wide, shadowed or not used?",
});

/**
 * Understands the words of a question.
 *
 * @throws UserError that says what was given, what is allowed, and a command that would do
 */
export function parseQuestion(words: readonly string[], access: Access, stack: string): AccessQuestion {
  const [what, ...args] = words;
  const asked = new Asked(access, stack);
  switch (what) {
    case "explain": {
      const [user, want, topic] = args;
      asked.atMost(args, 3, "explain takes a user, read or write, and a topic");
      const known = asked.user(user);
      if (want === undefined) return { about: "user", user: known };
      return {
        about: "right",
        user: known,
        want: asked.want(known, want),
        topic: asked.topic(topic, ["explain", known, want]),
      };
    }
    case "who":
      asked.atMost(args, 1, "who takes one topic");
      return { about: "topic", topic: asked.topic(args[0], ["who"]) };
    case "review":
      asked.atMost(
        args,
        0,
        "review takes nothing behind it",
        `all of it is asked with: ${asked.command("review")}`,
      );
      return { about: "review" };
    default: {
      const given = what === undefined ? "nothing was asked" : `${shown(what)} is no question`;
      throw new UserError(
        `${given}; allowed is:\n  ${Object.values(forms).join("\n  ")}\nfor instance: ${asked.command("review")}`,
      );
    }
  }
}

class Asked {
  readonly #access: Access;
  readonly #stack: string;

  constructor(access: Access, stack: string) {
    this.#access = access;
    this.#stack = stack;
  }

  command(...args: readonly string[]): string {
    return runCommand(this.#stack, "access", ...args.map(shellWord));
  }

  atMost(args: readonly string[], most: number, sentence: string, mend = this.#quotes()): void {
    const more = args.slice(most);
    if (more.length === 0) return;
    throw new UserError(`${sentence}, and ${more.map(shown).join(" ")} was given beside; ${mend}`);
  }

  #quotes(): string {
    return `a topic with spaces is put in quotes: ${this.command("who", "naboom/living room")}`;
  }

  user(name: string | undefined): string {
    const known = Object.keys(this.#access.users);
    if (name !== undefined && known.includes(name)) return name;
    const given = name === undefined ? "no user was named" : `there is no user ${shown(name)}`;
    throw new UserError(
      `${given}; there ${known.length === 1 ? "is" : "are"} ${someOf(known)}: ${this.command("explain", known[0] ?? "")}`,
    );
  }

  want(user: string, given: string): Want {
    const want = wants.find((one) => one === given);
    if (want !== undefined) return want;
    throw new UserError(
      `${shown(given)} is no access; it is read or write: ${this.command("explain", user, "read", "naboom/topic")}`,
    );
  }

  topic(given: string | undefined, before: readonly string[]): string {
    const example = (topic: string) => this.command(...before, topic);
    if (given === undefined)
      throw new UserError(`no topic was named; for instance: ${example("naboom/topic")}`);
    if (/[+#]/.test(given)) {
      const topic = given.replace(/[+#]/g, "topic");
      throw new UserError(
        `${shown(given)} has wildcards, and a topic has neither + nor #; for instance: ${example(topic)}`,
      );
    }
    const fault = topicFilterFault(given)?.replaceAll("topic filter", "topic");
    if (fault === undefined) return given;
    throw new UserError(`${shown(given)} is no topic: ${fault}; for instance: ${example("naboom/topic")}`);
  }
}

/** What was given, without what a terminal would act on. */
function shown(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 77)}...` : text;
  return /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(short) ? short : JSON.stringify(short);
}
