import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync, transformSync } from "esbuild";

/** The page's parts as texts, the same for every stack. */
export interface PageAssets {
  /** With `{{style}}` and `{{script}}` where those files' names belong. */
  readonly html: string;
  readonly style: string;
  readonly script: string;
  readonly icon: string;
}

/** In the order of the cascade. */
const STYLES = ["foundation", "controls", "gate", "frame", "watch", "messages", "rights", "phone", "short"];

/** Engines that know all that the page uses, private methods and `dvh` among it. */
const TARGET = ["chrome111", "firefox113", "safari16.4"];

/** Reads the page and bundles its script with MQTT.js, from this project's files and node_modules alone. */
export function readPageAssets(): PageAssets {
  const style = STYLES.map((name) => read(`style/${name}.css`)).join("\n");
  return {
    html: read("index.html"),
    style: transformSync(style, { loader: "css", minify: true, target: TARGET }).code,
    script: bundle(),
    icon: read("icon.svg"),
  };
}

function bundle(): string {
  const { outputFiles } = buildSync({
    entryPoints: [path("main.ts")],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: TARGET,
    charset: "utf8",
    legalComments: "inline",
    logLevel: "silent",
    banner: { js: "/*! Contains MQTT.js, https://github.com/mqttjs/MQTT.js, MIT licence. */" },
  });
  return outputFiles[0]?.text ?? "";
}

function read(name: string): string {
  return readFileSync(path(name), "utf8");
}

function path(name: string): string {
  return fileURLToPath(new URL(`page/${name}`, import.meta.url));
}
