/** Why others could put something into a folder, as the end of a sentence that begins with its path. */
export function ownershipFault(folder: string, project: string): string | undefined;
