import type { AccessRule } from "./account-access.ts";
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
  #rules: readonly AccessRule[] | undefined;

  constructor(publish: (message: Publish) => Promise<Outcome>) {
    this.#topic.addEventListener("input", () => this.#hintAt(false));
    this.#form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!this.#hintAt(true)) return this.#topic.focus();
      this.#tell("pending", "Waiting for the broker's answer…");
      const outcome = await publish({
        topic: this.#topic.value,
        payload: this.#payload.value,
        qos: Number(this.#qos.value) as QoS,
        retain: this.#retain.checked,
      });
      this.#tell(outcome.kind, outcomeText(outcome));
    });
  }

  reset(): void {
    this.#form.reset();
    this.#rules = undefined;
    this.#hintAt(false);
    this.#tell("", "");
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
