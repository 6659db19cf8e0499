import { withVisibleControls } from "./bidi-control.ts";
import type { Outcome } from "./broker-session.ts";
import { button, byId, element } from "./element.ts";
import type { Message } from "./message.ts";
import { outcomeText } from "./outcome.ts";
import { editFault, exactText, hexadecimal, readableText, size } from "./payload.ts";
import { clock } from "./row-list.ts";

export interface DetailsActions {
  /** Whether the account may write to a topic, as far as is known. */
  mayWrite(topic: string): boolean;
  /** Takes topic and payload over into the form to publish. */
  reuse(message: Message): void;
  /** Removes the retained message of a topic from the broker. */
  remove(topic: string): Promise<Outcome>;
}

/** The chosen message as a whole. */
export class DetailsView {
  onClose: () => void = () => undefined;
  readonly #pane = byId("details", HTMLElement);
  readonly #actions: DetailsActions;

  constructor(actions: DetailsActions) {
    this.#actions = actions;
    this.#pane.addEventListener("keydown", ({ key }) => {
      if (key === "Escape") this.onClose();
    });
  }

  show(message: Message | undefined): void {
    this.#pane.hidden = message === undefined;
    if (message === undefined) {
      this.#pane.replaceChildren();
      return;
    }
    const payload = element("pre", "code", readableText(message.payload));
    payload.tabIndex = 0;
    payload.ariaLabel = "Payload";
    this.#pane.replaceChildren(this.#head(message), facts(message), payload);
  }

  #head(message: Message): HTMLElement {
    const said = element("span", "said");
    said.role = "status";
    const close = button("Close", "small", () => this.onClose());
    const title = element("h3", "code", withVisibleControls(message.topic));
    const removal =
      message.retained && message.payload.length > 0 ? [this.#removal(message.topic, said)] : [];
    const actions = [copying(message, said), this.#reuse(message), ...removal, close];
    const fault = editFault(message.payload);
    const reason = fault === undefined ? [] : [element("p", "hint edit-fault", fault)];
    return element("div", "details-head", title, element("div", "actions", said, ...actions), ...reason);
  }

  #reuse(message: Message): HTMLButtonElement {
    const reuse = button("Edit and publish", "small", () => this.#actions.reuse(message));
    reuse.disabled = editFault(message.payload) !== undefined;
    return reuse;
  }

  #removal(topic: string, said: HTMLElement): HTMLButtonElement {
    const remove = button("Remove retained", "small danger", async () => {
      remove.disabled = true;
      const outcome = await this.#actions.remove(topic);
      said.textContent = outcome.kind === "acknowledged" ? "Removed." : outcomeText(outcome);
      remove.disabled = outcome.kind === "acknowledged";
    });
    if (!this.#actions.mayWrite(topic)) {
      remove.disabled = true;
      remove.title = "This account may not write here.";
    }
    return remove;
  }
}

/** Copies a text as it was sent, and of anything else the bytes' digits, never what is only for reading. */
function copying({ payload }: Message, said: HTMLElement): HTMLButtonElement {
  const text = exactText(payload);
  return button(text === undefined ? "Copy as hexadecimal" : "Copy payload", "small", () => {
    navigator.clipboard.writeText(text ?? hexadecimal(payload)).then(
      () => (said.textContent = "Copied."),
      () => (said.textContent = "The browser did not allow to copy."),
    );
  });
}

function facts({ time, qos, retained, payload, properties }: Message): HTMLElement {
  const list = element("dl", "facts");
  const entries: (readonly [string, string])[] = [
    ["Came", clock(time)],
    ["QoS", `${qos}`],
    ["Size", size(payload.length)],
    ["Retained", retained ? "yes" : "no"],
    ...properties,
  ];
  for (const [name, value] of entries) {
    list.append(
      element(
        "div",
        "",
        element("dt", "", withVisibleControls(name)),
        element("dd", "", withVisibleControls(value)),
      ),
    );
  }
  return list;
}
