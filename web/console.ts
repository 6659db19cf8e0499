import { createHash } from "node:crypto";
import { consoleFileNames } from "./layout.ts";
import type { PageAssets } from "./page-assets.ts";
import { type SealedAccessInput, sealAccess } from "./sealed-access.ts";
import { renderServerConfiguration } from "./server-configuration.ts";

/** All that a console is to be. */
export interface ConsoleInput {
  readonly assets: PageAssets;
  /** The stack's name, for people. */
  readonly stack: string;
  /** The wss URL that browsers reach the broker at. */
  readonly brokerUrl: string;
  /** Whether browsers may take TLS for every port of the console's host name. */
  readonly tlsOnly: boolean;
  /** Each name that somebody can log in with, its password and what it may do. */
  readonly accounts: readonly SealedAccessInput[];
  /** The server's certificate and whatever stands between it and the CA, PEM. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
}

export interface ConsoleFile {
  /** A path relative to the revision's folder. */
  readonly name: string;
  readonly content: string;
  /** Octal, as chmod takes it. */
  readonly permissions: "0600" | "0644";
}

/** One state of all the console's files together. */
export interface ConsoleRevision {
  /** 16 hexadecimal digits, which the health page tells. */
  readonly id: string;
  readonly files: readonly ConsoleFile[];
}

/** Renders every file of a console's container. The same input gives the same files. */
export function renderConsole(input: ConsoleInput): ConsoleRevision {
  const { brokerUrl, tlsOnly, certificate, key } = input;
  const fixed = [
    ...renderPage(input),
    file(consoleFileNames.certificate, certificate),
    { ...file(consoleFileNames.key, key), permissions: "0600" as const },
  ];
  const provisional = renderServerConfiguration({ brokerUrl, tlsOnly, revision: "" });
  const id = digest([...fixed.flatMap(({ name, content }) => [name, content]), provisional]);
  const configuration = renderServerConfiguration({ brokerUrl, tlsOnly, revision: id });
  return { id, files: [file(consoleFileNames.configuration, configuration), ...fixed] };
}

/** What anybody may fetch; scripts and styles are named by their content, so that a browser may keep them. */
function renderPage({ assets, stack, brokerUrl, accounts }: ConsoleInput): readonly ConsoleFile[] {
  const { page, access } = consoleFileNames;
  const script = `console-${digest([assets.script])}.js`;
  const style = `console-${digest([assets.style])}.css`;
  const html = assets.html.replace("{{script}}", script).replace("{{style}}", style);
  return [
    file(`${page}/index.html`, html),
    file(`${page}/${script}`, assets.script),
    file(`${page}/${style}`, assets.style),
    file(`${page}/icon.svg`, assets.icon),
    file(`${page}/config.json`, `${JSON.stringify({ stack, broker: brokerUrl })}\n`),
    ...accounts.map(sealAccess).map(({ name, content }) => file(`${page}/${access}/${name}`, content)),
  ];
}

function file(name: string, content: string): ConsoleFile {
  return { name, content, permissions: "0644" };
}

/** The first 16 hexadecimal digits of a SHA-256 over texts, each with its length before it. */
function digest(texts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}:`).update(text);
  return hash.digest("hex").slice(0, 16);
}
