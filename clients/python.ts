import type { Connection } from "./connection.ts";
import type { Kit, KitFile } from "./kit.ts";

/** Packages that the snippets are written for and tested with. */
export const pythonPackages = Object.freeze({ aiomqtt: "aiomqtt==2.5.1", paho: "paho-mqtt==2.2.0" });

/** Seconds that the broker keeps messages for a snippet that is away. */
export const SESSION_SECONDS = 86_400;

/** The kit of a Python snippet. */
export function pythonKit(requirement: string, snippet: string, connection: KitFile): Kit {
  return {
    files: [
      { name: "client.py", purpose: "the snippet", content: snippet },
      connection,
      { name: "requirements.txt", purpose: "what it needs", content: `${requirement}\n` },
    ],
    steps: [
      ["python3 -m venv .venv && .venv/bin/pip install -r requirements.txt", "once"],
      [".venv/bin/python client.py", "runs it"],
    ],
  };
}

/** What a snippet does, as its first sentence. */
export function summary({ subscribe, publish }: Connection): string {
  const parts = [
    ...(publish === undefined ? [] : [`publishes a message to ${publish}`]),
    ...(subscribe === undefined ? [] : [`prints what arrives on ${subscribe}`]),
  ];
  const text = parts.join(", and ") || "connects, and may do nothing else";
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** What a snippet prints once it is connected, where it has no message of its own whose way it could tell. */
export function greeting({ subscribe, publish }: Connection): string | undefined {
  if (publish !== undefined) return undefined;
  return subscribe === undefined ? "connected" : `connected; waiting for ${subscribe}`;
}

/** A text as a literal of Python and of JavaScript. */
export function literal(text: string): string {
  return JSON.stringify(text);
}

/** Lines, of which those that are false are left out. */
export function lines(...parts: readonly (string | false)[]): string {
  return `${parts.filter((part) => part !== false).join("\n")}\n`;
}
