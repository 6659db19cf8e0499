import type { AccessRule } from "./account-access.ts";
import { withVisibleControls } from "./bidi-control.ts";
import type { Outcome, Publish, QoS } from "./broker-session.ts";
import { byId, element } from "./element.ts";
import type { Message } from "./message.ts";
import { outcomeText } from "./outcome.ts";
import { exactText } from "./payload.ts";
import { mayWrite, topicFault } from "./rights.ts";

/** The form to publish with. */
export class PublishView {
  readonly #form = byId("publish", HTMLFormElement);
  readonly #topic = byId("topic", HTMLInputElement);
  readonly #payload = byId("payload", HTMLTextAreaElement);
  readonly #qos = byId("qos", HTMLSelectElement);
  readonly #retain = byId("retain", HTMLInputElement);
  readonly #hint = byId("topic-hint", HTMLElement);
  readonly #outcome = byId("outcome", HTMLElement);
  /** What waits for the broker's answer. */
  readonly #pending = new Set<Publish>();
  /** The message that the form still shows as it was sent. */
  #sent: Publish | undefined;
  #rules: readonly AccessRule[] | undefined;

  constructor(publish: (message: Publish) => Promise<Outcome>) {
    this.#topic.addEventListener("input", () => this.#hintAt(false));
    this.#form.addEventListener("input", () => this.#moveOn());
    this.#form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!this.#hintAt(true)) return this.#topic.focus();
      const message = this.#message();
      this.#pending.add(message);
      this.#sent = message;
      this.#tell("pending", "Waiting for the broker's answer…");
      this.#answer(message, await publish(message));
    });
  }

  reset(): void {
    this.#form.reset();
    this.know(undefined);
    this.#pending.clear();
    this.#moveOn();
  }

  /** Takes the account's rights, or that they are not known. */
  know(rules: readonly AccessRule[] | undefined): void {
    this.#rules = rules;
    const topics = (rules ?? [])
      .filter(({ access, filter }) => (access === "write" || access === "readwrite") && !/[+#]/.test(filter))
      .map(({ filter }) => filter);
    byId("writable", HTMLDataListElement).replaceChildren(...topics.map(choice));
    this.#hintAt(false);
  }

  /** Takes a message to edit over, as it was sent to the last byte; one that is no text has no place in the form. */
  take({ topic, payload, retained }: Message): void {
    const text = exactText(payload);
    if (text === undefined) return;
    this.#topic.value = topic;
    this.#payload.value = text;
    this.#retain.checked = retained;
    this.#hintAt(false);
    this.#moveOn();
    this.#payload.focus();
  }

  /** Says what is to be said of the topic; false if it can't be published to at all. */
  #hintAt(submitted: boolean): boolean {
    const topic = this.#topic.value;
    const fault = topic === "" && !submitted ? undefined : topicFault(topic, "topic");
    const denied = topic !== "" && this.#rules !== undefined && !mayWrite(this.#rules, topic);
    this.#hint.dataset.tone = fault !== undefined ? "bad" : denied ? "warn" : "";
    this.#hint.textContent = fault ?? (denied ? "The rights of this account do not cover this topic." : "");
    this.#topic.ariaInvalid = `${fault !== undefined}`;
    return fault === undefined;
  }

  #message(): Publish {
    return {
      topic: this.#topic.value,
      payload: this.#payload.value,
      qos: Number(this.#qos.value) as QoS,
      retain: this.#retain.checked,
    };
  }

  /** Takes down the outcome of a message that the form no longer shows. */
  #moveOn(): void {
    this.#sent = undefined;
    this.#tell("", "");
  }

  /** Tells an outcome: under the message, or with its topic where the form shows another by now. */
  #answer(message: Publish, outcome: Outcome): void {
    // After a log-out nobody is left to be told.
    if (!this.#pending.delete(message)) return;
    const text = outcomeText(outcome);
    this.#tell(
      outcome.kind,
      this.#sent === message ? text : `${withVisibleControls(message.topic)}: ${text}`,
    );
  }

  #tell(kind: string, text: string): void {
    this.#outcome.dataset.kind = kind;
    this.#outcome.textContent = text;
  }
}

/** An entry of a list of suggestions. */
export function choice(value: string): HTMLOptionElement {
  const option = element("option");
  option.value = value;
  return option;
}
