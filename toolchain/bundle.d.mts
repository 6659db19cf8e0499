/** Bundles a source file with all sources that it imports, and gives the path of the module to import. */
export function bundle(entry: string): Promise<string>;
