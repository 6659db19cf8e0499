import { stderr } from "node:process";
import { type Paint, paintFor } from "./colour.ts";

/** Tells a person what is going on: on a terminal one live line a step, in a pipe plain lines. */
export interface Progress {
  /**
   * Runs one step under a title; `note` replaces the small print behind it.
   *
   * Says nothing of a step that ends within `quietBelow` milliseconds, so that a warm run stays silent.
   */
  step<Result>(title: string, work: (note: (text: string) => void) => Promise<Result>): Promise<Result>;
  /** Prints one line that stays. */
  say(text: string): void;
}

export interface ProgressOptions {
  /** @default the process's standard error */
  readonly stream?: NodeJS.WriteStream;
  /** Steps shorter than this many milliseconds leave no line. @default 300 */
  readonly quietBelow?: number;
}

/** The usual progress: a live line on a terminal, plain lines with elapsed seconds in a pipe. */
export function createProgress(options: ProgressOptions = {}): Progress {
  const stream = options.stream ?? stderr;
  const quietBelow = options.quietBelow ?? 300;
  return {
    say: (text) => void stream.write(`${text}\n`),
    async step(title, work) {
      const line = new StepLine(stream, title, quietBelow);
      try {
        const result = await work((text) => line.note(text));
        line.end("held");
        return result;
      } catch (error) {
        line.end("failed");
        throw error;
      }
    },
  };
}

/** How often a live line is drawn again, and how often a pipe hears that a step still runs, in ms. */
const PACE = Object.freeze({ live: 120, pipe: 15_000 });

class StepLine {
  readonly #started = Date.now();
  readonly #stream: NodeJS.WriteStream;
  readonly #live: boolean;
  readonly #paint: Paint;
  readonly #title: string;
  readonly #quietBelow: number;
  readonly #timer: NodeJS.Timeout;
  #note = "";
  #announced = false;

  constructor(stream: NodeJS.WriteStream, title: string, quietBelow: number) {
    this.#stream = stream;
    this.#live = stream.isTTY === true;
    this.#paint = paintFor(stream);
    this.#title = title;
    this.#quietBelow = quietBelow;
    this.#timer = setInterval(() => this.#tick(), this.#live ? PACE.live : PACE.pipe);
  }

  note(text: string): void {
    this.#note = text;
  }

  end(outcome: "held" | "failed"): void {
    clearInterval(this.#timer);
    if (this.#live && this.#announced) this.#stream.write("\r\x1b[2K");
    const spent = Date.now() - this.#started;
    if (spent < this.#quietBelow && outcome === "held") return;
    const { green, red, dim } = this.#paint;
    const mark = outcome === "held" ? green("✓") : red("✗");
    this.#stream.write(`${mark} ${this.#title} ${dim(`${(spent / 1000).toFixed(1)} s`)}\n`);
  }

  #tick(): void {
    const spent = Date.now() - this.#started;
    if (spent < this.#quietBelow) return;
    this.#announced = true;
    const seconds = this.#paint.dim(`${Math.round(spent / 1000)} s ${this.#note}`.trimEnd());
    const text = `${this.#paint.cyan("…")} ${this.#title} ${seconds}`;
    this.#stream.write(
      this.#live ? `\r\x1b[2K${text.slice(0, (this.#stream.columns ?? 100) + 20)}` : `${text}\n`,
    );
  }
}
