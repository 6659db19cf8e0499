import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

/** Where and with what the project's commands run. */
export interface Workplace {
  /** Python of the virtual environment. */
  readonly python: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A line of the service's log. */
export interface LogEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** What a command of the project did. */
export interface Outcome {
  readonly exitCode: number;
  /** Everything that it printed, on both of its outputs. */
  readonly output: string;
}

/** Runs one of the project's commands to its end. */
export async function manage(place: Workplace, ...args: string[]): Promise<Outcome> {
  return runPython(place, "manage.py", ...args);
}

/** The texts of all messages that are stored. */
export async function storedTexts(place: Workplace): Promise<string> {
  const code = "from messaging.models import Message; print([m.text for m in Message.objects.all()])";
  return (await manage(place, "shell", "--verbosity=0", "-c", code)).output;
}

/** Runs Python in the project's folder with this environment alone. */
export async function runPython(place: Workplace, ...args: string[]): Promise<Outcome> {
  const result = await start(place, args);
  return { exitCode: result.exitCode ?? 128, output: result.all };
}

/** A running `manage.py run_mqtt_service_secure`. */
export class ServiceProcess {
  readonly #process: ReturnType<typeof start>;
  #output = "";

  constructor(place: Workplace, ...args: string[]) {
    this.#process = start(place, ["manage.py", "run_mqtt_service_secure", ...args]);
    this.#process.all.on("data", (chunk) => {
      this.#output += chunk;
    });
  }

  /** What it has logged so far. */
  get events(): readonly LogEvent[] {
    const lines = this.#output.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
    return lines.map((line) => JSON.parse(line));
  }

  /** Waits for an event beyond the first `after` ones that has these fields, and gives it. */
  async logged(event: string, fields: Readonly<Record<string, unknown>> = {}, after = 0): Promise<LogEvent> {
    const wanted = Object.entries({ event, ...fields });
    for (let waited = 0; waited < 60_000; waited += 50) {
      const found = this.events.slice(after).find((entry) => wanted.every(([key, v]) => entry[key] === v));
      if (found !== undefined) return found;
      if (this.#process.exitCode !== null) break;
      await sleep(50);
    }
    throw new Error(
      `the service never logged ${JSON.stringify({ event, ...fields })}, but:\n${this.#output}`,
    );
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<Outcome> {
    this.#process.kill(signal);
    return this.ended();
  }

  async ended(): Promise<Outcome> {
    const result = await this.#process;
    return { exitCode: result.exitCode ?? 128, output: this.#output };
  }
}

function start({ python, environment }: Workplace, args: readonly string[]) {
  const { PATH = "", HOME = "" } = process.env;
  return execa(python, args, {
    cwd: import.meta.dirname,
    extendEnv: false,
    env: { PATH, HOME, LC_ALL: "C.UTF-8", PYTHONDONTWRITEBYTECODE: "1", ...environment },
    stdin: "ignore",
    all: true,
    reject: false,
  });
}
