import type { AccessRule } from "./account-access.ts";
import type { QoS } from "./broker-session.ts";
import { button, byId, element, onceAFrame, short } from "./element.ts";
import { choice } from "./publish-view.ts";
import { covers, type Readable, readable, topicFault } from "./rights.ts";
import type { SubscriptionState } from "./subscription.ts";

export interface WatchActions {
  watch(filter: string, qos: QoS): void;
  unwatch(filter: string): void;
}

interface Watched {
  readonly qos: QoS;
  /** What the broker has answered. */
  state: SubscriptionState;
  count: number;
  readonly counter: HTMLElement;
  readonly entry: HTMLElement;
}

const HINTS: Readonly<Record<Readable, string>> = {
  all: "",
  some: "This account may read only a part of what this filter asks for; the broker withholds the rest without a word.",
  none: "This account may read nothing of this; the broker withholds it without a word.",
};

/** How many filters are offered at most. */
const SUGGESTIONS = 4;

const MARKS: Readonly<Record<Readable, string>> = { all: "", some: "in part", none: "not readable" };

/** The topic filters that are watched, and the form for another. */
export class WatchView {
  readonly #form = byId("watch", HTMLFormElement);
  readonly #filter = byId("filter", HTMLInputElement);
  readonly #qos = byId("watch-qos", HTMLSelectElement);
  readonly #hint = byId("watch-hint", HTMLElement);
  readonly #list = byId("watched", HTMLElement);
  readonly #suggested = byId("suggested", HTMLElement);
  readonly #watched = new Map<string, Watched>();
  readonly #actions: WatchActions;
  readonly #recount = onceAFrame(() => this.#drawCounts());
  #rules: readonly AccessRule[] | undefined;

  constructor(actions: WatchActions) {
    this.#actions = actions;
    this.#filter.addEventListener("input", () => this.#hintAt(false));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#hintAt(true)) return this.#filter.focus();
      this.watch(this.#filter.value, Number(this.#qos.value) as QoS);
    });
  }

  reset(): void {
    this.#form.reset();
    this.#watched.clear();
    this.#list.replaceChildren();
    this.know(undefined);
  }

  /** Takes the account's rights, or that they are not known. */
  know(rules: readonly AccessRule[] | undefined): void {
    this.#rules = rules;
    const filters = (rules ?? []).filter(({ access }) => access === "read" || access === "readwrite");
    byId("readable", HTMLDataListElement).replaceChildren(...filters.map(({ filter }) => choice(filter)));
    this.#suggested.replaceChildren(
      ...filters.slice(0, SUGGESTIONS).map(({ filter }) => {
        return element(
          "li",
          "",
          button(`Watch ${filter}`, "small code", () => this.watch(filter)),
        );
      }),
    );
    this.#suggest();
    this.#hintAt(false);
    for (const [filter, watched] of this.#watched) this.#mark(watched, filter);
  }

  watch(filter: string, qos: QoS = 1): void {
    this.#filter.value = "";
    if (this.#watched.get(filter)?.qos === qos) return;
    this.#watched.get(filter)?.entry.remove();
    const counter = element("span", "count", "0");
    const remove = button("×", "remove", () => this.#unwatch(filter));
    remove.ariaLabel = `Stop watching ${filter}`;
    const entry = element("li", "watched-entry");
    entry.append(element("span", "code", filter), element("span", "mark"), counter, remove);
    const watched: Watched = { qos, state: { kind: "asked" }, count: 0, counter, entry };
    this.#mark(watched, filter);
    this.#watched.set(filter, watched);
    this.#list.append(entry);
    this.#suggest();
    this.#actions.watch(filter, qos);
  }

  /** Takes what the broker says of a subscription. */
  answer(filter: string, state: SubscriptionState): void {
    const watched = this.#watched.get(filter);
    if (watched === undefined) return;
    watched.state = state;
    this.#mark(watched, filter);
  }

  /** Counts a message for each filter that takes its topic in. */
  count(topic: string): void {
    for (const [filter, watched] of this.#watched) if (covers(filter, topic)) watched.count += 1;
    this.#recount();
  }

  isWatched(topic: string): boolean {
    return [...this.#watched.keys()].some((filter) => covers(filter, topic));
  }

  get any(): boolean {
    return this.#watched.size > 0;
  }

  focus(): void {
    this.#filter.focus();
  }

  #unwatch(filter: string): void {
    this.#watched.get(filter)?.entry.remove();
    this.#watched.delete(filter);
    this.#suggest();
    this.#actions.unwatch(filter);
    this.#filter.focus();
  }

  /** Offers what is readable as long as nothing is watched. */
  #suggest(): void {
    this.#suggested.hidden = this.#watched.size > 0 || this.#suggested.childElementCount === 0;
  }

  #drawCounts(): void {
    for (const { counter, count } of this.#watched.values()) counter.textContent = short(count);
  }

  #mark({ entry, state }: Watched, filter: string): void {
    const refused = state.kind === "refused";
    const part = refused ? "none" : this.#rules === undefined ? "all" : readable(this.#rules, filter);
    entry.ariaBusy = `${state.kind === "asked"}`;
    entry.dataset.readable = part;
    entry.title = refused ? `The broker refused this subscription: ${state.why}.` : HINTS[part];
    const mark = entry.querySelector(".mark");
    if (mark !== null) mark.textContent = refused ? "refused" : MARKS[part];
  }

  /** Says what is to be said of the filter; false if it can't be watched at all. */
  #hintAt(submitted: boolean): boolean {
    const filter = this.#filter.value;
    const fault = filter === "" && !submitted ? undefined : topicFault(filter, "filter");
    const part = filter === "" || this.#rules === undefined ? "all" : readable(this.#rules, filter);
    this.#hint.dataset.tone = fault !== undefined ? "bad" : part === "all" ? "" : "warn";
    this.#hint.textContent = fault ?? HINTS[part];
    this.#filter.ariaInvalid = `${fault !== undefined}`;
    return fault === undefined;
  }
}
