import type { DebianPackage } from "./debian-packages.ts";
import type { ListedFile } from "./image-contents.ts";
import type { CompiledSource } from "./source-build.ts";

/** Where an image keeps the list of what it consists of. */
export const sbomPath = "/usr/share/sbom/naboom-mqtt.cdx.json";

export interface BillOfMaterials {
  /** The image's name without a tag, and its version. */
  readonly name: string;
  readonly version: string;
  readonly suite: string;
  /** In milliseconds since 1970. */
  readonly date: number;
  readonly files: readonly ListedFile[];
  readonly packages: ReadonlyMap<string, DebianPackage>;
  readonly compiled: CompiledSource | undefined;
}

/**
 * Lists what an image consists of, in CycloneDX 1.6: each package with the files that came from it. Pure.
 *
 * It has neither a serial number nor the time of its making, so that the same image has the same list.
 */
export function billOfMaterials(bill: BillOfMaterials): object {
  const names = [...new Set(bill.files.flatMap((file) => file.package ?? []))].sort();
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(bill.date).toISOString(),
      component: { type: "container", "bom-ref": bill.name, name: bill.name, version: bill.version },
    },
    components: [
      ...(bill.compiled === undefined ? [] : [compiledComponent(bill.compiled, bill)]),
      ...names.flatMap((name) => {
        const found = bill.packages.get(name);
        return found === undefined ? [] : [packageComponent(found, bill)];
      }),
    ],
  };
}

function compiledComponent(program: CompiledSource, { suite, files }: BillOfMaterials): object {
  const purl = `pkg:deb/debian/${program.package}@${encodeURIComponent(program.version)}?arch=source&distro=${suite}`;
  return {
    type: "application",
    "bom-ref": purl,
    name: program.package,
    version: program.version,
    purl,
    pedigree: {
      notes: "Compiled from Debian's source with these patches; each patch's header says what it fixes.",
      patches: program.patches.map(({ text }) => ({
        type: "unofficial",
        diff: { text: { contentType: "text/x-diff", content: text } },
      })),
    },
    components: [
      ...program.bundled.map((name) => ({ type: "library", name })),
      ...fileComponents(files.filter((file) => file.package === undefined)),
    ],
  };
}

function packageComponent(
  { name, version, architecture }: DebianPackage,
  { suite, files }: BillOfMaterials,
): object {
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=${suite}`;
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    components: fileComponents(files.filter((file) => file.package === name)),
  };
}

function fileComponents(files: readonly ListedFile[]): readonly object[] {
  return files.map(({ path, digest }) => ({
    type: "file",
    name: path,
    hashes: [{ alg: "SHA-256", content: digest }],
  }));
}
