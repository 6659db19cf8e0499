import { type ListenerName, listenersIn } from "../../mosquitto/listener.ts";
import type { CheckPlace, Subject } from "../proof.ts";
import { type ProtocolVersion, protocolVersions } from "../reason-codes.ts";
import type { Target } from "../target.ts";
import { Turns } from "../turns.ts";
import { Site } from "./site.ts";
import { type StackUser, StackView } from "./stack-view.ts";

/** One check that is to be made. */
export interface Task {
  readonly name: string;
  readonly place: CheckPlace;
  /** @throws Unproved if it does not hold, NotApplicable if there is nothing to be proved */
  readonly prove: () => Promise<void>;
}

/** The checks of one topic, such as log-ins: it adds what it has to prove of a target. */
export type Topic = (checks: CheckList) => void;

export interface CheckOptions {
  /** @default all that are on */
  readonly listeners?: readonly ListenerName[];
  /** @default both */
  readonly versions?: readonly ProtocolVersion[];
  readonly user?: string;
}

/** The checks that are to be made of a target; nothing is sent while they are listed. */
export class CheckList {
  readonly stack: StackView;
  /** Made beside each other. */
  readonly tasks: Task[] = [];
  /** Made when all others have ended, each after the one before it. */
  readonly lastTasks: Task[] = [];
  readonly #turns: Turns;

  constructor(target: Target) {
    this.stack = new StackView(target);
    // Where each connection takes an account, checks that hold some and wait for more could wait for each other.
    this.#turns = new Turns(this.stack.outputs.clientIds === "own" ? 4 : Number.POSITIVE_INFINITY);
  }

  /** Lists one check. */
  add(name: string, place: CheckPlace, prove: Task["prove"]): void {
    this.tasks.push({ name, place, prove });
  }

  /** Lists one check that is made when all others have ended, whatever came of them. */
  addLast(name: string, place: CheckPlace, prove: Task["prove"]): void {
    this.lastTasks.push({ name, place, prove });
  }

  /** Lists a check for each listener, with each version of the protocol; every client that it opens is closed. */
  everywhere(
    subject: Subject,
    name: string,
    body: (site: Site) => Promise<void>,
    {
      listeners = listenersIn(this.stack.outputs.listeners),
      versions = protocolVersions,
      user,
    }: CheckOptions = {},
  ): void {
    for (const listener of listeners) {
      for (const version of versions) {
        const place = { subject, listener, version, ...(user === undefined ? {} : { user }) };
        this.add(name, place, () => this.#turns.take(() => this.#visit(listener, version, body)));
      }
    }
  }

  /** Lists a check for each listener, about the user that stands for all others there. */
  representatives(
    subject: Subject,
    name: string,
    body: (site: Site, user: StackUser) => Promise<void>,
    { versions = protocolVersions }: Pick<CheckOptions, "versions"> = {},
  ): void {
    for (const listener of listenersIn(this.stack.outputs.listeners)) {
      const user = this.stack.representativeOf(listener);
      const options = { listeners: [listener], versions, ...(user === undefined ? {} : { user: user.name }) };
      this.everywhere(subject, name, (site) => body(site, site.user), options);
    }
  }

  async #visit(listener: ListenerName, version: ProtocolVersion, body: (site: Site) => Promise<void>) {
    const site = new Site(this.stack, listener, version);
    try {
      await body(site);
    } finally {
      await site.close();
    }
  }
}
