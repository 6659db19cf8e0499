/** What an ACL file has for one name, in the file's order. */
export interface AclSection {
  readonly name: string;
  /** For instance `topic read a/#`. */
  readonly lines: readonly string[];
}

/** An ACL file, taken apart as the broker does it (mosquitto.conf(5), `acl_file`). */
export interface AclFile {
  readonly sections: readonly AclSection[];
  /** Lines with `pattern`, which are everyone's wherever they stand. */
  readonly patterns: readonly string[];
  /** Lines before the first `user`, which are for anonymous clients. */
  readonly anonymous: readonly string[];
}

/** Takes the text of an ACL file apart; empty lines and comments are left out. */
export function readAclFile(text: string): AclFile {
  const sections: { name: string; lines: string[] }[] = [];
  const [patterns, anonymous]: [string[], string[]] = [[], []];
  for (const line of text.split("\n").map((each) => each.trimEnd())) {
    const user = /^user (.*)$/s.exec(line)?.[1];
    if (user !== undefined) sections.push({ name: user, lines: [] });
    else if (line.startsWith("pattern ")) patterns.push(line);
    else if (line !== "" && !line.startsWith("#")) (sections.at(-1)?.lines ?? anonymous).push(line);
  }
  return { sections, patterns, anonymous };
}
