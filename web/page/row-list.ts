import { withVisibleControls } from "./bidi-control.ts";
import { element } from "./element.ts";
import type { Message } from "./message.ts";
import { preview } from "./payload.ts";

export interface RowListOptions {
  /** The scrolling list box. */
  readonly box: HTMLElement;
  /** What tells one row from the next: a message of its own, or the one of a topic. */
  keyOf(message: Message): string;
  onChoose(message: Message | undefined): void;
}

interface Row {
  readonly line: HTMLElement;
  readonly time: HTMLElement;
  readonly topic: HTMLElement;
  readonly payload: HTMLElement;
  readonly marks: HTMLElement;
  message: Message | undefined;
}

/** Rows above and below the visible part that are drawn all the same, so that scrolling shows no gaps. */
const MARGIN = 6;

/**
 * A list box that draws only the rows in sight, each of the same height, so that its cost and its layout
 * do not depend on how many messages there are.
 */
export class RowList {
  readonly #options: RowListOptions;
  readonly #sheet = element("div", "sheet");
  readonly #rows: Row[] = [];
  #messages: readonly Message[] = [];
  #chosen: string | undefined;

  constructor(options: RowListOptions) {
    this.#options = options;
    const { box } = options;
    this.#sheet.role = "presentation";
    box.append(this.#sheet);
    box.addEventListener("scroll", () => this.draw(), { passive: true });
    box.addEventListener("keydown", (event) => this.#steer(event));
    box.addEventListener("click", (event) => this.#press(event));
    new ResizeObserver(() => this.draw()).observe(box);
  }

  get scrolled(): boolean {
    return this.#options.box.scrollTop > this.#height / 2;
  }

  show(messages: readonly Message[]): void {
    this.#messages = messages;
    this.draw();
  }

  /** Chooses a message, or none; choosing is told only when a person does it. */
  choose(message: Message | undefined): void {
    this.#chosen = message && this.#options.keyOf(message);
    this.draw();
  }

  toTop(): void {
    this.#options.box.scrollTop = 0;
  }

  draw(): void {
    const { box } = this.#options;
    const height = this.#height;
    this.#sheet.style.height = `${this.#messages.length * height}px`;
    const first = Math.max(0, Math.floor(box.scrollTop / height) - MARGIN);
    const last = Math.ceil((box.scrollTop + box.clientHeight) / height) + MARGIN;
    const visible = this.#messages.slice(first, last);
    const rows = this.#assign(visible);
    for (const [place, row] of rows.entries()) this.#place(row, first + place, height);
    // The order on the screen is the order in the document, which a screen reader goes by.
    for (const [place, { line }] of rows.entries()) {
      const here = this.#sheet.children[place];
      if (here !== line) this.#sheet.insertBefore(line, here ?? null);
    }
    const active = this.#rows.find(({ message }) => message && this.#options.keyOf(message) === this.#chosen);
    if (active === undefined) box.removeAttribute("aria-activedescendant");
    else box.setAttribute("aria-activedescendant", active.line.id);
  }

  /** The rows' height in pixels, which the style sheet decides by the size of the screen. */
  get #height(): number {
    return Number.parseFloat(getComputedStyle(this.#options.box).getPropertyValue("--row-height"));
  }

  /** A row for each message; one that shows a message already goes on showing it. */
  #assign(messages: readonly Message[]): readonly Row[] {
    const wanted = new Set(messages);
    const showing = new Map<Message, Row>();
    const free: Row[] = [];
    for (const row of this.#rows) {
      if (row.message !== undefined && wanted.has(row.message)) showing.set(row.message, row);
      else free.push(row);
    }
    const rows = messages.map((message) => {
      const row = showing.get(message) ?? free.pop() ?? this.#make();
      if (row.message !== message) fill(row, message);
      return row;
    });
    for (const row of free) {
      if (row.message !== undefined) empty(row);
      row.line.hidden = true;
    }
    return rows;
  }

  #place({ line, message }: Row, index: number, height: number): void {
    line.hidden = false;
    line.style.transform = `translateY(${index * height}px)`;
    line.ariaPosInSet = `${index + 1}`;
    line.ariaSetSize = `${this.#messages.length}`;
    line.ariaSelected = `${message !== undefined && this.#options.keyOf(message) === this.#chosen}`;
  }

  #make(): Row {
    const [time, topic, payload, marks] = ["time", "topic", "payload", "marks"].map((name) =>
      element("span", name),
    ) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
    const line = element("div", "line", time, topic, payload, marks);
    line.role = "option";
    line.id = `row-${this.#rows.length}`;
    this.#sheet.append(line);
    const row = { line, time, topic, payload, marks, message: undefined };
    this.#rows.push(row);
    return row;
  }

  #press(event: MouseEvent): void {
    const line = (event.target as Element).closest(".line");
    const message = this.#rows.find((row) => row.line === line)?.message;
    if (message !== undefined) this.#pick(message);
  }

  #steer(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") this.#pick(undefined);
    const page = Math.max(1, Math.floor(this.#options.box.clientHeight / this.#height) - 1);
    const steps = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key as keyof typeof steps];
    if (step === undefined || this.#messages.length === 0) return;
    event.preventDefault();
    const now = this.#messages.findIndex((message) => this.#options.keyOf(message) === this.#chosen);
    const next = Math.min(this.#messages.length - 1, Math.max(0, now === -1 ? 0 : now + step));
    this.#pick(this.#messages[next]);
    this.#reveal(next);
  }

  #pick(message: Message | undefined): void {
    this.choose(message);
    this.#options.onChoose(message);
  }

  #reveal(index: number): void {
    const { box } = this.#options;
    const top = index * this.#height;
    if (top < box.scrollTop) box.scrollTop = top;
    const bottom = top + this.#height;
    if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
  }
}

function fill(row: Row, message: Message): void {
  row.message = message;
  row.time.textContent = clock(message.time);
  row.topic.textContent = withVisibleControls(message.topic);
  row.payload.textContent = preview(message.payload);
  row.marks.textContent = message.retained ? "retained" : "";
}

/** Leaves nothing of a message in the document, where a hidden row would keep it. */
function empty(row: Row): void {
  row.message = undefined;
  for (const cell of [row.time, row.topic, row.payload, row.marks]) cell.textContent = "";
}

/** Local time of day with milliseconds. */
export function clock(time: number): string {
  const date = new Date(time);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const [hours, minutes, seconds] = parts.map((part) => String(part).padStart(2, "0"));
  return `${hours}:${minutes}:${seconds}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
