// Makes JavaScript of the TypeScript sources, in a folder that nobody else can write to; plain JavaScript, for start.mjs.
import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { project, StartError } from "./npm-packages.mjs";
import { ownershipFault } from "./own-folder.mjs";

/** The folder of all bundles; Git ignores it. */
const BUILD = join(project, ".build");
const UNFINISHED = ".unfinished-";
/** Milliseconds after which a bundle that no command has started from is removed. */
const UNUSED_AFTER = 24 * 60 * 60 * 1000;
/** The name that `import.meta.url` is given in a bundle, where it is not a text's. */
const SOURCE_URL = "sourceUrl$";
/** Packages of many small files, which take 0.1 s less to load from a bundle; all others stay in node_modules. */
const BUNDLED = new Set([
  "@peculiar/asn1-schema",
  "@peculiar/asn1-x509",
  "commander",
  "execa",
  "yaml",
  "zod",
]);
/** What the bundled packages that are CommonJS find Node's own modules by. */
const REQUIRE =
  'import { createRequire as createRequire$ } from "node:module"; const require = createRequire$(import.meta.url);';
/** What decides how a bundle turns out besides its sources: how it is made, and the lockfile's esbuild. */
const MAKERS = [fileURLToPath(import.meta.url), join(project, "package-lock.json")];

/**
 * Bundles a source file with all sources that it imports; most packages stay in node_modules.
 *
 * A bundle's folder is named by the SHA-256 of every source in it and of the lockfile, which decides the packages, so
 * that a bundle is never older than a source, and two commands at once make the same one. With nothing changed it
 * takes some milliseconds.
 *
 * @param {string} entry a path in the project, as in "commands/main.ts"
 * @returns {Promise<string>} the path of the module to import
 * @throws StartError if the folder is another user's, others can write to it, or it can't be made
 */
export async function bundle(entry) {
  const name = entry.replace(/\.\w+$/, "").replaceAll("/", "-");
  try {
    makeBuildFolder();
    const folder = findBundle(name) ?? (await makeBundle(entry, name));
    requireOwn(folder);
    return join(folder, `${basename(entry).replace(/\.\w+$/, "")}.mjs`);
  } catch (error) {
    throw explain(error);
  }
}

function makeBuildFolder() {
  try {
    mkdirSync(BUILD, { mode: 0o700 });
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  requireOwn(BUILD);
}

function requireOwn(folder) {
  const fault = ownershipFault(folder, project);
  if (fault === undefined) return;
  throw new StartError(
    `${folder} ${fault}, so what is in it is not run: remove it with \`rm -rf ${BUILD}\`, as that user or with sudo, and run this again.`,
  );
}

/** The folder of the bundle that has exactly today's sources, if there is one; keeps it from being removed. */
function findBundle(name) {
  try {
    const inputs = JSON.parse(readFileSync(join(BUILD, `${name}.json`), "utf8"));
    const digest = digestOf(inputs.map((path) => [path, readFileSync(join(project, path))]));
    const folder = join(BUILD, `${name}-${digest}`);
    lstatSync(folder);
    touch(folder);
    return folder;
  } catch (error) {
    // A source that is gone, a list that is damaged or not there yet: all are a reason to make it anew.
    if (error instanceof SyntaxError || ["ENOENT", "ENOTDIR"].includes(error.code)) return undefined;
    throw error;
  }
}

/** Another user's bundle is that user's to keep. */
function touch(folder) {
  try {
    utimesSync(folder, new Date(), new Date());
  } catch (error) {
    if (!["EPERM", "EACCES", "EROFS"].includes(error.code)) throw error;
  }
}

/** Sources as pairs of a path in the project and its content; a bundle names the project's folder, too. */
function digestOf(sources) {
  const hash = createHash("sha256").update(`${project}\0`);
  for (const file of MAKERS) add("", readFileSync(file));
  for (const [path, content] of sources) add(path, content);
  return hash.digest("hex").slice(0, 32);

  function add(path, content) {
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
}

async function makeBundle(entry, name) {
  removeUnused(name);
  const unfinished = mkdtempSync(join(BUILD, UNFINISHED));
  try {
    const sources = await runBuild(entry, unfinished);
    const folder = join(BUILD, `${name}-${digestOf(sources)}`);
    moveIntoPlace(unfinished, folder);
    const list = join(BUILD, `${UNFINISHED}${process.pid}.json`);
    writeFileSync(list, JSON.stringify(sources.map(([path]) => path)));
    renameSync(list, join(BUILD, `${name}.json`));
    return folder;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function moveIntoPlace(unfinished, folder) {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // Another command was first, with the same sources.
    if (!["ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
  }
}

/** @returns the sources, sorted, with what esbuild was given of each, whatever happens to the file meanwhile */
async function runBuild(entry, folder) {
  const { build } = await import("esbuild");
  const sources = new Map();
  await build({
    absWorkingDir: project,
    entryPoints: [entry],
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    banner: { js: REQUIRE },
    sourcemap: true,
    sourcesContent: false,
    // What tsconfig.json says is for the check of types; nothing in it may change the bundle unseen.
    tsconfigRaw: {},
    define: { "import.meta.url": SOURCE_URL },
    logLevel: "silent",
    plugins: [
      { name: "packages", setup: leavePackages },
      { name: "sources", setup: (hooks) => readSources(hooks, sources) },
    ],
  });
  return [...sources].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** Has sources import packages from where they are, but for those that are bundled, with what these import. */
function leavePackages(hooks) {
  hooks.onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
    const name = /^(@[^/]+\/)?[^/]+/.exec(path)[0];
    if (kind === "entry-point" || BUNDLED.has(name) || isOfPackage(importer)) return undefined;
    return { path, external: true };
  });
}

function isOfPackage(file) {
  return relative(project, file).split(sep).includes("node_modules");
}

/** Hands every source to esbuild, and lets `import.meta.url` be the source's own instead of the bundle's. */
function readSources(hooks, sources) {
  hooks.onLoad({ filter: /\.(ts|mjs)$/ }, async ({ path }) => {
    if (isOfPackage(path)) return undefined;
    const content = await readFile(path);
    sources.set(relative(project, path).replaceAll("\\", "/"), content);
    const text = content.toString("utf8");
    const own = `const ${SOURCE_URL} = ${JSON.stringify(pathToFileURL(path).href)}; `;
    return {
      contents: text.includes("import.meta.url") ? own + text : text,
      loader: path.endsWith(".ts") ? "ts" : "js",
    };
  });
}

/** Removes bundles that were not used for a day, and what commands left behind that were killed. */
function removeUnused(name) {
  for (const found of readdirSync(BUILD)) {
    if (!found.startsWith(`${name}-`) && !found.startsWith(UNFINISHED)) continue;
    const path = join(BUILD, found);
    try {
      if (Date.now() - lstatSync(path).mtimeMs > UNUSED_AFTER) rmSync(path, { recursive: true, force: true });
    } catch (error) {
      // Another command removes it as well, or it is another user's.
      if (!["ENOENT", "ENOTEMPTY", "EACCES", "EPERM"].includes(error.code)) throw error;
    }
  }
}

/** The sentence for a folder that can't be used, or esbuild's words for a source; any other error stays what it is. */
function explain(error) {
  if (Array.isArray(error.errors)) return new StartError(error.message);
  const sentences = {
    ENOSPC: `There is no space left in ${BUILD}, and 8 MB are needed: make room and run this again.`,
    EACCES: `${BUILD} can't be ${error.syscall === "mkdir" ? "made" : "used"} by this user: run \`sudo mkdir -p ${BUILD} && sudo chown -R $(id -u) ${BUILD}\` and this again.`,
    EROFS: `${BUILD} can't be written, its disk is read-only: copy the project to one that isn't and run this there.`,
  };
  const sentence = sentences[error.code];
  return sentence === undefined ? error : new StartError(sentence);
}
