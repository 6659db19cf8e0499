import type { ConnectionState } from "./broker-session.ts";
import { byId } from "./element.ts";

/** How often a countdown is drawn, in milliseconds. */
const PACE = 250;

/** How the connection stands, in the page's bar and in its title. */
export class ConnectionView {
  readonly #pill = byId("connection", HTMLElement);
  readonly #state = byId("state", HTMLElement);
  readonly #countdown = byId("countdown", HTMLElement);
  readonly #retry = byId("retry", HTMLButtonElement);
  readonly #stack: () => string;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(stack: () => string, retry: () => void) {
    this.#stack = stack;
    this.#retry.addEventListener("click", retry);
  }

  show(state: ConnectionState): void {
    clearInterval(this.#timer);
    const text = TEXTS[state.kind];
    this.#pill.dataset.state = state.kind;
    // Only this text is a live region: a screen reader hears of a change once, not of each second.
    this.#state.textContent = state.kind === "away" ? `${text}: ${state.why}` : text;
    this.#countdown.textContent = "";
    this.#retry.hidden = state.kind !== "away";
    document.title = `${this.#stack()}, ${text.toLowerCase()}`;
    if (state.kind !== "away") return;
    const count = () => {
      this.#countdown.textContent = `retry in ${secondsUntil(state.retryAt)} s`;
    };
    count();
    this.#timer = setInterval(count, PACE);
  }
}

/** Whole seconds until a moment of `performance.now()`. */
export function secondsUntil(moment: number): number {
  return Math.max(0, Math.ceil((moment - performance.now()) / 1_000));
}

const TEXTS = Object.freeze({
  connecting: "Connecting…",
  connected: "Connected",
  away: "Broker away",
  refused: "Refused",
  "taken over": "Taken over",
});
