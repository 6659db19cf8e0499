import type { DetailsView } from "./details-view.ts";
import { byId, onceAFrame, short } from "./element.ts";
import type { Message } from "./message.ts";
import { KEPT, type MessageLog } from "./message-log.ts";
import { RowList } from "./row-list.ts";

/** Why the live list stands still; it moves again once none is left. */
type HoldReason = "pressed" | "scrolled" | "chosen";

/** Milliseconds, the most that a timer takes. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The list of messages: live, newest first, or the retained message of each topic. */
export class MessagesView {
  /** Draws before the next frame, however many messages have come until then. */
  readonly refresh = onceAFrame(() => this.#draw());
  readonly #log: MessageLog;
  readonly #details: DetailsView;
  readonly #rows: RowList;
  readonly #box = byId("rows", HTMLElement);
  readonly #search = byId("search", HTMLInputElement);
  readonly #hold = byId("hold", HTMLButtonElement);
  readonly #newer = byId("newer", HTMLButtonElement);
  readonly #tabs = { live: byId("live-tab", HTMLElement), retained: byId("retained-tab", HTMLElement) };
  readonly #reasons = new Set<HoldReason>();
  #held: { readonly messages: readonly Message[]; readonly total: number } | undefined;
  #kind: "live" | "retained" = "live";
  #expiry: ReturnType<typeof setTimeout> | undefined;
  /** What to say where there is nothing to show. */
  #invitation = "";

  constructor(log: MessageLog, details: DetailsView) {
    this.#log = log;
    this.#details = details;
    this.#rows = new RowList({
      box: this.#box,
      keyOf: (message) => (this.#kind === "live" ? `${message.sequence}` : message.topic),
      onChoose: (message) => this.#choose(message),
    });
    this.#details.onClose = () => {
      this.#rows.choose(undefined);
      this.#choose(undefined);
      this.#box.focus();
    };
    this.#listen();
  }

  /** Takes what it shows down at once: a page that is hidden has no next frame. */
  reset(): void {
    this.#search.value = "";
    this.#invitation = "";
    this.#select("live");
    this.#draw();
  }

  invite(text: string): void {
    this.#invitation = text;
    this.refresh();
  }

  #listen(): void {
    this.#search.addEventListener("input", () => this.refresh());
    this.#box.addEventListener("scroll", () => this.#because("scrolled", this.#rows.scrolled));
    this.#hold.addEventListener("click", () => this.#because("pressed", !this.#reasons.has("pressed")));
    this.#newer.addEventListener("click", () => {
      this.#release();
      this.#box.focus();
    });
    byId("clear", HTMLButtonElement).addEventListener("click", () => {
      this.#log.clear();
      this.#release();
    });
    for (const kind of ["live", "retained"] as const) {
      this.#tabs[kind].addEventListener("click", () => this.#select(kind));
      this.#tabs[kind].addEventListener("keydown", ({ key }) => {
        if (key !== "ArrowLeft" && key !== "ArrowRight") return;
        const other = kind === "live" ? "retained" : "live";
        this.#select(other);
        this.#tabs[other].focus();
      });
    }
  }

  #select(kind: "live" | "retained"): void {
    this.#kind = kind;
    for (const [name, tab] of Object.entries(this.#tabs)) {
      tab.ariaSelected = `${name === kind}`;
      tab.tabIndex = name === kind ? 0 : -1;
    }
    byId("log", HTMLElement).setAttribute("aria-labelledby", `${kind}-tab`);
    this.#box.ariaLabel = kind === "live" ? "Messages, newest first" : "Retained messages by topic";
    this.#release();
  }

  #choose(message: Message | undefined): void {
    this.#details.show(message);
    this.#because("chosen", message !== undefined);
    if (message === undefined) this.#because("scrolled", this.#rows.scrolled);
  }

  /** Holds the live list for a reason, or drops the reason. */
  #because(reason: HoldReason, holds: boolean): void {
    if (holds) this.#reasons.add(reason);
    else this.#reasons.delete(reason);
    const held = this.#reasons.size > 0 && this.#kind === "live";
    if (!held) this.#held = undefined;
    else this.#held ??= { messages: this.#log.newest(""), total: this.#log.total };
    this.refresh();
  }

  /** Lets the live list move again, from its top. */
  #release(): void {
    this.#reasons.clear();
    this.#held = undefined;
    this.#details.show(undefined);
    this.#rows.choose(undefined);
    this.#rows.toTop();
    this.refresh();
  }

  #draw(): void {
    this.#expire();
    const messages = this.#messages();
    this.#rows.show(messages);
    const newer = this.#held === undefined ? 0 : this.#log.total - this.#held.total;
    this.#newer.hidden = newer <= 0;
    this.#newer.textContent = `${newer.toLocaleString("en")} newer, show ${newer === 1 ? "it" : "them"}`;
    this.#hold.ariaPressed = `${this.#reasons.has("pressed")}`;
    this.#hold.disabled = this.#kind === "retained";
    byId("live-count", HTMLElement).textContent = short(this.#log.total);
    byId("retained-count", HTMLElement).textContent = short(this.#log.retainedCount);
    const empty = byId("empty", HTMLElement);
    empty.hidden = messages.length > 0;
    empty.textContent = this.#emptyText();
    byId("log-note", HTMLElement).textContent = this.#note(messages.length);
  }

  /** Drops what has expired, and draws again when something else does. */
  #expire(): void {
    const next = this.#log.expire(Date.now());
    clearTimeout(this.#expiry);
    if (next === Number.POSITIVE_INFINITY) return;
    this.#expiry = setTimeout(() => this.refresh(), Math.min(next - Date.now(), LONGEST_TIMER));
  }

  #messages(): readonly Message[] {
    const search = this.#search.value.trim();
    if (this.#kind === "retained") return this.#log.retained(search);
    if (this.#held === undefined) return this.#log.newest(search);
    return this.#held.messages.filter(({ topic }) => topic.includes(search));
  }

  #emptyText(): string {
    const any = this.#kind === "live" ? this.#log.count : this.#log.retainedCount;
    if (any > 0) return "No topic contains this.";
    if (this.#kind === "live") return this.#invitation;
    return "No retained message under what you watch.";
  }

  #note(shown: number): string {
    const number = (count: number) => count.toLocaleString("en");
    const missing = this.#log.forgotten;
    if (this.#kind === "retained") {
      const beyond = missing > 0 ? `; ${number(missing)} more were beyond what the page keeps` : "";
      return `${number(shown)} retained${beyond}`;
    }
    const held = this.#held === undefined ? "" : "Held. ";
    const kept = this.#log.total > this.#log.count ? `, of ${number(this.#log.total)} that came` : "";
    return `${held}${number(shown)} shown${kept}; the newest ${number(KEPT.messages)} are kept`;
  }
}
