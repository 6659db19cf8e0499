import type { ConnectionState } from "./broker-session.ts";
import { secondsUntil } from "./connection-view.ts";
import { byId } from "./element.ts";

export interface GateActions {
  logIn(account: string, password: string): void;
  cancel(): void;
}

/** How often a countdown is drawn, in milliseconds. */
const PACE = 250;

/** The form to log in with, which forgets the password as soon as it is handed over. */
export class GateView {
  readonly #gate = byId("gate", HTMLElement);
  readonly #form = byId("log-in", HTMLFormElement);
  readonly #account = byId("account", HTMLInputElement);
  readonly #password = byId("password", HTMLInputElement);
  readonly #notice = byId("gate-notice", HTMLElement);
  readonly #button = byId("log-in-button", HTMLButtonElement);
  readonly #cancel = byId("cancel", HTMLButtonElement);
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(actions: GateActions) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [account, password] = [this.#account.value, this.#password.value];
      if (account === "") return this.#ask("Give the name of an account.", this.#account);
      if (password === "") return this.#ask("Give the account's password.", this.#password);
      this.#password.value = "";
      actions.logIn(account, password);
    });
    this.#cancel.addEventListener("click", () => {
      actions.cancel();
      this.open("");
    });
  }

  get isOpen(): boolean {
    return !this.#gate.hidden;
  }

  /** Shows the form, with what there is to say. */
  open(notice: string): void {
    this.#stop();
    this.#gate.hidden = false;
    this.#say(notice);
    (this.#account.value === "" ? this.#account : this.#password).focus();
  }

  close(): void {
    this.#stop();
    this.#gate.hidden = true;
    this.#say("");
  }

  /** Shows an attempt that goes on. */
  wait(state: ConnectionState, broker: string): void {
    this.#stop();
    this.#busy(true);
    if (state.kind === "connecting") this.#button.textContent = "Connecting…";
    if (state.kind !== "away") return;
    const reason =
      state.why === "no answer"
        ? `No answer from ${broker}: the broker is away, or this browser does not trust its certificate.`
        : `The broker does not let anybody in now: ${state.why}.`;
    this.#say(reason);
    const count = () => {
      this.#button.textContent = `Next attempt in ${secondsUntil(state.retryAt)} s`;
    };
    count();
    this.#timer = setInterval(count, PACE);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#busy(false);
    this.#button.textContent = "Log in";
  }

  #busy(busy: boolean): void {
    this.#button.disabled = busy;
    this.#account.readOnly = busy;
    this.#password.readOnly = busy;
    this.#cancel.hidden = !busy;
  }

  #ask(sentence: string, field: HTMLInputElement): void {
    this.#say(sentence);
    field.focus();
  }

  #say(text: string): void {
    if (this.#notice.textContent !== text) this.#notice.textContent = text;
    this.#notice.hidden = text === "";
  }
}
