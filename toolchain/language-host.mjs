/**
 * `pulumi-language-nodejs`: what the Pulumi engine starts to run a program that is written for Node.js.
 *
 * Official releases bundle one that is written in Go and that no package registry serves; this one stands in
 * beside a CLI that was built from Go modules. It speaks the LanguageRuntime service with the stubs that the
 * project's own @pulumi/pulumi ships, so it is looked up from the working folder, not from where this file is.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The exit code by which a program says that it has already told the user what is wrong. */
const ALREADY_TOLD = 32;
/** What takes the configuration over in the program's process, from the pipe behind standard error. */
const TAKE_CONFIG = ["--require", fileURLToPath(new URL("program-config.cjs", import.meta.url))];

const engine = process.argv.at(-1);
const project = requireFrom(process.cwd());
const sdk = createRequire(project.resolve("@pulumi/pulumi/package.json"));
const grpc = sdk("@grpc/grpc-js");
const messages = sdk("./proto/language_pb");
const plugins = sdk("./proto/plugin_pb");

const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
server.addService(sdk("./proto/language_grpc_pb").LanguageRuntimeService, {
  handshake: answer(() => new messages.LanguageHandshakeResponse()),
  getPluginInfo: answer(() => new plugins.PluginInfo().setVersion(sdk("./package.json").version)),
  getRequiredPackages: answer(requiredPackages),
  about: answer(() =>
    new messages.AboutResponse().setExecutable(process.execPath).setVersion(process.version),
  ),
  getProgramDependencies: answer(programDependencies),
  run: answer(run),
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  writeSync(1, `${port}\n`); // the engine reads the port from the first line
});
// The engine holds the other end, so this is how its death is seen, be it by SIGKILL.
process.stdin.on("close", () => process.exit()).resume();

/** Wraps a function of the request as a gRPC handler; what it throws reaches the user as one message. */
function answer(handle) {
  return async (call, respond) => {
    try {
      respond(null, await handle(call.request));
    } catch (error) {
      respond({
        code: grpc.status.INTERNAL,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  };
}

function requireFrom(folder) {
  const resolve = createRequire(join(folder, "package.json"));
  try {
    resolve.resolve("@pulumi/pulumi/package.json");
    return resolve;
  } catch {
    console.error(`@pulumi/pulumi is not installed in ${folder} or above: run npm ci in the project first.`);
    process.exit(1);
  }
}

/** Runs the program and waits for its end; its output is the host's own, which the engine shows. */
async function run(request) {
  const info = request.getInfo();
  const options = info.getOptions()?.toJavaScript() ?? {};
  const script = requireFrom(info.getProgramDirectory()).resolve("@pulumi/pulumi/cmd/run");
  const node = [...nodeArguments(options), ...TAKE_CONFIG];
  const program = spawn(process.execPath, [...node, script, ...programArguments(request)], {
    cwd: info.getProgramDirectory(),
    env: { ...process.env, ...programEnvironment(options) },
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  // A program that ends before it has read all of it is heard of by its end.
  program.stdio[3].on("error", () => {}).end(configuration(request));
  process.once("exit", () => program.kill("SIGKILL"));
  const [code, signal] = await new Promise((resolve, reject) => {
    program.once("error", reject);
    program.once("close", (...ending) => resolve(ending));
  });
  const response = new messages.RunResponse();
  if (code === 0) return response;
  if (code === ALREADY_TOLD) return response.setBail(true);
  return response.setError(
    signal ? `the program was ended by ${signal}` : `the program exited with code ${code}`,
  );
}

/** `nodeargs` of Pulumi.yaml, split at blanks; quotes keep blanks together. */
function nodeArguments({ nodeargs = "" }) {
  const words = String(nodeargs).match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
}

function programArguments(request) {
  const flags = {
    monitor: request.getMonitorAddress(),
    engine,
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    pwd: request.getPwd(),
    "root-directory": request.getInfo().getRootDirectory(),
    parallel: String(request.getParallel()),
  };
  return [
    ...Object.entries(flags).flatMap(([name, value]) => (value ? [`--${name}`, value] : [])),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    request.getInfo().getEntryPoint() || ".",
    ...request.getArgsList(),
  ];
}

/** Configuration as JSON, its keys as `namespace:config:name`. */
function configuration(request) {
  const keyed = request
    .getConfigMap()
    .toObject(false)
    .map(([key, value]) => [key.replace(":", ":config:"), value]);
  return JSON.stringify({
    config: Object.fromEntries(keyed),
    secretKeys: request.getConfigsecretkeysList(),
  });
}

function programEnvironment(options) {
  return options.typescript === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" };
}

/** Names the resource plugins that the installed npm packages speak to, in exactly their versions. */
function requiredPackages(request) {
  const found = installedPackages(request.getInfo().getProgramDirectory()).filter(
    ({ pulumi }) => pulumi?.resource,
  );
  return new messages.GetRequiredPackagesResponse().setPackagesList(
    found.map(({ name, version, pulumi }) => {
      if (pulumi.parameterization) {
        throw new Error(`${name} is a parameterized package, which needs the official Pulumi release.`);
      }
      return new plugins.PackageDependency()
        .setKind("resource")
        .setName(pulumi.name ?? name.replace(/^@(pulumi\/)?/, ""))
        .setVersion(`v${(pulumi.version ?? version).replace(/^v/, "")}`)
        .setServer(pulumi.server ?? "");
    }),
  );
}

/** The direct dependencies of the program, as `pulumi about` lists them. */
function programDependencies(request) {
  const folder = request.getInfo().getProgramDirectory();
  const { dependencies = {} } = packageOf(folder) ?? {};
  const listed = installedPackages(folder).filter(({ name }) => name in dependencies);
  return new messages.GetProgramDependenciesResponse().setDependenciesList(
    listed.map(({ name, version }) => new messages.DependencyInfo().setName(name).setVersion(version)),
  );
}

/** Every package in the node_modules folders that a program in `folder` sees, the nearest of each name. */
function installedPackages(folder) {
  const nearest = new Map();
  for (let at = folder; ; at = dirname(at)) {
    for (const path of packageFolders(join(at, "node_modules"))) {
      const found = packageOf(path);
      if (found?.name && !nearest.has(found.name)) nearest.set(found.name, found);
    }
    if (at === dirname(at)) return [...nearest.values()];
  }
}

function packageFolders(modules) {
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) =>
      name.startsWith("@")
        ? readdirSync(join(modules, name)).map((inner) => join(modules, name, inner))
        : [join(modules, name)],
    );
}

function packageOf(folder) {
  const path = join(folder, "package.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
