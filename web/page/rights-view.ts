import type { AccessRule, AccountListener } from "./account-access.ts";
import { button, byId, element } from "./element.ts";

const WORDS = Object.freeze({ read: "read", write: "write", readwrite: "read and write", deny: "denied" });

/** What the account may read and write, and where it may connect. */
export class RightsView {
  readonly #rights = byId("rights", HTMLElement);
  readonly #listeners = byId("listeners", HTMLElement);
  readonly #watch: (filter: string) => void;

  constructor(watch: (filter: string) => void) {
    this.#watch = watch;
  }

  show(rules: readonly AccessRule[], listeners: readonly AccountListener[], clientId: string): void {
    const list = element("ul", "rules", ...rules.map((rule) => this.#rule(rule)));
    const note = "As the stack published them. A denial wins wherever it stands.";
    this.#rights.replaceChildren(list, element("p", "hint", note));
    const client = element("li", "", element("span", "tag", "client id"), element("span", "code", clientId));
    this.#listeners.replaceChildren(
      client,
      ...listeners.map(({ name, url }) =>
        element("li", "", element("span", "tag", name), element("span", "code", url)),
      ),
    );
  }

  /** Says in a sentence why the rights are not known. */
  miss(why: string): void {
    this.#rights.replaceChildren(element("p", "hint", why));
    this.#listeners.replaceChildren();
  }

  #rule({ access, filter }: AccessRule): HTMLElement {
    const tag = element("span", "tag", WORDS[access]);
    tag.dataset.access = access;
    const readable = access === "read" || access === "readwrite";
    const watch = readable ? [button("Watch", "small", () => this.#watch(filter))] : [];
    if (watch[0] !== undefined) watch[0].ariaLabel = `Watch ${filter}`;
    return element("li", "", element("span", "code", filter), tag, ...watch);
  }
}
