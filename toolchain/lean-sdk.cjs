/**
 * Keeps Pulumi's SDK from loading at every start what only programs need whose functions are turned into text.
 *
 * That is npm's own installer (@npmcli/arborist, 100 packages) and the TypeScript compiler: 0.3 s of the processor's
 * time of every update. Both are there as ever, and are loaded when something of them is asked for. Pulumi.yaml has
 * Node begin with this file (`nodeargs`).
 */
const Module = require("node:module");
const { join } = require("node:path");

const project = Module.createRequire(join(__dirname, "..", "package.json"));
const sdk = Module.createRequire(project.resolve("@pulumi/pulumi/package.json"));

for (const name of ["@npmcli/arborist", "./typescript-shim.js"]) standIn(sdk.resolve(name));

/** Puts an object in a module's place that loads the module when a property of it is asked for. */
function standIn(file) {
  let loaded;
  const load = () => {
    if (loaded === undefined) {
      delete require.cache[file];
      loaded = require(file);
    }
    return loaded;
  };
  const module = new Module(file);
  // Whoever imports a module of the older kind copies all of its properties, and would have it loaded.
  const get = (_, key) => (key === "__esModule" ? true : load()[key]);
  module.exports = new Proxy({}, { get, has: (_, key) => key in load() });
  module.filename = file;
  module.loaded = true;
  require.cache[file] = module;
}
