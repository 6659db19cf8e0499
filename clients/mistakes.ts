import { X509Certificate } from "node:crypto";
import { issue } from "../mosquitto/trial-certificate.ts";
import type { Connection } from "./connection.ts";
import type { CertificateFault, FaultyBroker } from "./faulty-broker.ts";

/** What goes wrong most with clients, as docs/clients.md calls it. */
export const mistakes = [
  "another CA",
  "another host name",
  "expired certificate",
  "plain on a TLS port",
  "refused user",
  "denied topic",
  "client id in use",
] as const;

export type Mistake = (typeof mistakes)[number];

/** The connection of a client that makes a mistake; a client id in use takes two of the connection itself. */
export async function mistaken(
  mistake: Mistake,
  good: Connection,
  faulty: FaultyBroker,
): Promise<Connection> {
  switch (mistake) {
    case "another CA":
      return { ...good, authority: remade(good.authority) };
    case "another host name":
      return await atFaulty(good, faulty, "elsewhere");
    case "expired certificate":
      return await atFaulty(good, faulty, "expired");
    case "plain on a TLS port":
      return { ...good, tls: false, url: good.url.replace(/^(mqtt|ws)s:/, "$1:") };
    case "refused user":
      return { ...good, password: "wrong", publisher: { ...good.publisher, password: "wrong" } };
    case "denied topic":
      return { ...good, subscribe: "other/#", publish: "other/topic" };
    case "client id in use":
      return good;
  }
}

/** The CA of a stack that was removed and made anew: the old one's name, and a key and identifier of its own. */
function remade(authority: string): string {
  const name = new X509Certificate(authority).subject.replace(/^CN=/, "");
  return issue({ name, authority: true, usage: 0x06, subjectKeyId: "made anew" }).pem;
}

async function atFaulty(
  good: Connection,
  faulty: FaultyBroker,
  fault: CertificateFault,
): Promise<Connection> {
  const listener = good.listener === "wss" ? "wss" : "mqtts";
  const port = await faulty.port(fault, listener);
  return {
    ...good,
    authority: faulty.authority,
    host: "localhost",
    port,
    url: `${listener}://localhost:${port}`,
  };
}

/** What a program prints first after a mistake, and whether it ends by itself. */
export interface Outcome {
  /** @default nothing */
  readonly line?: string;
  /** @default it goes on */
  readonly exitCode?: number;
}

/**
 * Reads what can come of a mistake out of docs/clients.md: of its row in the first table below a heading.
 *
 * A cell is of the form "`line`, ends with 1", or "nothing, goes on"; several, as in some clients it is for chance
 * which comes first, have "or" between them.
 *
 * @throws Error where there is no such row, or a cell is of another form
 */
export function documentedOutcomes(
  document: string,
  heading: string,
  mistake: Mistake,
  column = 1,
): readonly Outcome[] {
  const section = document.split(/^#{2,3} /m).find((text) => text.startsWith(`${heading}\n`)) ?? "";
  const row = section.split("\n").find((line) => line.startsWith(`| ${mistake} `)) ?? "";
  const cell = row.split("|")[column + 1]?.trim() ?? "";
  return cell.split(/(?<=, goes on|, ends with \d+) or /).map((text) => {
    const parts = /^(?:nothing|`([^`]+)`), (?:goes on|ends with (\d+))$/.exec(text);
    if (parts === null) throw new Error(`docs/clients.md has no ${mistake} for ${heading} in: ${cell}`);
    const [, line, exitCode] = parts;
    return {
      ...(line === undefined ? {} : { line }),
      ...(exitCode === undefined ? {} : { exitCode: Number(exitCode) }),
    };
  });
}

/** A line as the documentation has it: with the default ports, and without a place in Python's own sources. */
export function asDocumented(line: string, { listener }: Connection): string {
  const port = { mqtt: 1883, mqtts: 8883, ws: 8083, wss: 8884 }[listener];
  return line.replace(/(?<=:\/\/localhost:)\d+/, String(port)).replace(/ \(_ssl\.c:\d+\)$/, "");
}
