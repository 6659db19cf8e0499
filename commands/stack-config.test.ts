import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { StackConfig } from "./stack-config.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  // A folder whose name a shell would take apart.
  folder = await mkdtemp(join(tmpdir(), "naboom it's config-"));
  file = join(folder, "Pulumi.prod.yaml");
});

afterEach(() => rm(folder, { recursive: true }));

async function read(bytes: string | Buffer): Promise<StackConfig> {
  await writeFile(file, bytes);
  return await StackConfig.read("prod", folder);
}

async function refusal(bytes: string | Buffer): Promise<string> {
  return await read(bytes).then(
    (config) => messageOf(() => config.check()),
    (error: Error) => error.message,
  );
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ name: "UserError" });
    return (error as Error).message;
  }
  return "";
}

const users = (filter: string) => `config:\n  naboom-mqtt:users:\n    web:\n      read: [${filter}]\n`;

describe("a config file with a key twice in one map", () => {
  it.each([
    "a: 1\nb:\n  c: 1\n  c: 2\na: 3\n",
    "a:\n  b: { x: 1, x: 2 }\n",
    "é: 1\n\n'é': 2\n",
    "1: a\n'1': b\n2: c\n0x1: d\n",
    "b: &b { x: 1 }\nc: { <<: *b, <<: *b }\n",
  ])("is refused as the library refuses %j", async (text) => {
    const [error] = parseDocument(text, { merge: true }).errors;
    const fault = error?.message.split("\n")[0];
    const sentence = fault === undefined ? "" : `${file} is no YAML: ${fault}; mend it in an editor`;
    expect(
      await read(text).then(
        () => "",
        (refused: Error) => refused.message,
      ),
    ).toBe(sentence);
  });
});

describe("a config file that is not UTF-8", () => {
  it("is refused with file, lines and byte, and the command mends it when it is pasted", async () => {
    const text = `# né\n${users('"naboom/café/#"')}# fine\n`;
    const message = await refusal(Buffer.from(text, "latin1"));
    expect(message).toBe(
      `${file} is not UTF-8 in lines 1 and 5 (the byte 0xE9), as a config file is; if it is Latin-1, to mend it: ` +
        `iconv -f latin1 -t utf-8 ${quoted(file)} > ${quoted(`${file}.utf-8`)} && mv ${quoted(`${file}.utf-8`)} ${quoted(file)}; ` +
        "if it is not, save it as UTF-8 in an editor",
    );
    await paste(message);
    expect(await readFile(file, "utf8")).toBe(text);
    const { web } = (await StackConfig.read("prod", folder)).settings().users;
    expect(web?.rules).toEqual([{ access: "read", filter: "naboom/café/#" }]);
  });

  it("is refused where its last character is not whole", async () => {
    expect(await refusal(Buffer.concat([Buffer.from("# a\n# "), Buffer.from([0xe2, 0x82])]))).toContain(
      "is not UTF-8 in line 2 (the byte 0xE2)",
    );
  });

  it("is refused as UTF-16, which its first bytes tell", async () => {
    const message = await refusal(Buffer.from(`\ufeff${users("a")}`, "utf16le"));
    expect(message).toContain(
      `${file} is UTF-16, and a config file is UTF-8; to mend it: iconv -f utf-16 -t`,
    );
    await paste(message);
    expect(await readFile(file, "utf8")).toBe(users("a"));
  });

  it("is none where a character is really U+FFFD, nor by a byte order mark", async () => {
    expect(await refusal(users('"a\ufffd"'))).toBe("");
    const { web } = (await read(`\ufeff${users("a")}`)).settings().users;
    expect(web?.rules).toEqual([{ access: "read", filter: "a" }]);
  });
});

describe("what Pulumi cannot read", () => {
  it("is named by its line, with the command that takes it out: a control character", async () => {
    const message = await refusal(`${users('"a\u0007"')}# \u0085 \u0080 \u0080\n`);
    expect(message).toBe(
      `${file} has the control character U+0007 in line 4, which YAML does not allow; ` +
        `to take it out: LC_ALL=C sed -i 's/\\x07//g' ${quoted(file)}`,
    );
    await paste(message);
    const next = await refusal(await readFile(file));
    expect(next).toContain("the control character U+0080 in line 5");
    await paste(next);
    expect(await readFile(file, "utf8")).toBe(`${users('"a"')}# \u0085  \n`);
  });

  it("is named first among all mistakes, with the command that takes it out: half of a character", async () => {
    const image = 'naboom-mqtt:image: "a\\\\\\uD83D\\uDE00"';
    const message = await refusal(
      `${users('"\\uD800x", "a#", "\\\\uD800"')}  ${image}\n  naboom-mqtt:protect: 7\n`,
    );
    const [head, ...faults] = message.split("\n  ");
    expect(head).toBe("the config of stack prod has 4 mistakes, so nothing was changed:");
    expect(faults).toEqual([
      "line 4 has the escape \\uD800, half of a character, and YAML has whole ones as they are or as \\U and eight digits; " +
        `to take it out, before any other command: sed -E -i '4s/(^|[^\\])((\\\\\\\\)*)\\\\uD800/\\1\\2/g' ${quoted(file)}`,
      expect.stringContaining("line 5 has the escape \\uD83D"),
      expect.stringMatching(/protect is 7/),
      expect.stringMatching(/read\[1\] is "a#"/),
    ]);
    for (const fault of faults.slice(0, 2)) await paste(fault);
    const left = await refusal(await readFile(file));
    expect(left).toContain("line 5 has the escape \\uDE00");
    expect(left).not.toContain("line 4");
    expect(await readFile(file, "utf8")).toContain('["x", "a#", "\\\\uD800"]');
  });

  it("is named with its line: an alias without an anchor, and what is no YAML at all", async () => {
    expect(await refusal("config:\n  naboom-mqtt:users: *all\n")).toMatch(
      / is no YAML: .*all; mend it in an editor$/,
    );
    expect(await refusal("config:\n\tnaboom-mqtt:protect: true\n")).toMatch(/ is no YAML: .* at line 2, /);
  });
});

describe("a config file's settings", () => {
  it("are what Pulumi takes them for: merges, and keys without the project's name", async () => {
    const config = await read(
      "config:\n  protect: true\n  naboom-mqtt:users:\n    a: &a { read: [x] }\n    b: { <<: *a, write: [y] }\n",
    );
    expect(messageOf(() => config.check())).toBe("");
    const { protect, users: found } = config.settings();
    expect(protect).toBe(true);
    expect(found.b?.rules.map(({ filter }) => filter)).toEqual(["x", "y"]);
    expect(config.has(["protect"])).toBe(true);
  });

  it("are left to Pulumi where a secret stands for more than a text", async () => {
    expect(
      await refusal("config:\n  naboom-mqtt:roles:\n    secure: v1:abc\n  naboom-mqtt:protect: 7\n"),
    ).toBe("");
    expect(
      await refusal(
        "config:\n  naboom-mqtt:bindAddress: 1\n  naboom-mqtt:certificates: { own: { secure: v1:a } }\n",
      ),
    ).toBe("");
  });

  it("are the defaults where there is no file", async () => {
    expect((await StackConfig.read("prod", folder)).settings().protect).toBe(false);
  });
});

/** Runs the command of a message as a user would. */
async function paste(message: string): Promise<void> {
  const [, command] = /to (?:mend it|take it out)[^:]*: (.*?)(?:; if it is not,.*)?$/.exec(message) ?? [];
  await execa(command ?? expect.fail(`no command is in ${message}`), { shell: "/bin/sh" });
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

describe("keys that nobody reads", () => {
  it("are named: of a namespace that is misspelt, and beside `config`", async () => {
    const text = `config:\n  naboom-mqt:protect: true\n  docker:host: unix:///d.sock\nnaboom-mqtt:users: {}\nencryptionsalt: v1\n`;
    expect((await refusal(text)).split("\n  ")).toEqual([
      "the config of stack prod has 2 mistakes, so nothing was changed:",
      `naboom-mqtt:users stands at the top of ${file}, where config, encryptionsalt, encryptedkey, secretsprovider, ` +
        "environment may; to mend it, indent it below `config:` in an editor",
      "naboom-mqt:protect is read by nobody; keys begin with naboom-mqtt: or docker: or random: or tls: or pulumi:; " +
        `naboom-mqtt: is near; to mend it, correct or remove it in an editor: ${file}`,
    ]);
    expect(await refusal("confg:\n  naboom-mqtt:users: {}\n")).toContain(
      "to mend it, write config instead of confg",
    );
  });
});

describe("a change of a config file", () => {
  it("is made in what pulumi config set has written as one text of JSON", async () => {
    const config = await read(`config:\n  naboom-mqtt:users: '{"web": {"read": ["a"]}}'\n`);
    config.set(["users", "web", "generation"], 2);
    await config.write();
    expect((await StackConfig.read("prod", folder)).settings().users.web?.generation).toBe(2);
  });

  const shared =
    "config:\n  naboom-mqtt:users:\n    web: &base\n      read: [a]\n    app: *base\n    own:\n      <<: *base\n";

  it.each(["web", "app"])("is refused for %s, which shares what it has with another user", async (user) => {
    const config = await read(shared);
    const message = messageOf(() => config.set(["users", user, "generation"], 2));
    expect(message).toBe(
      `naboom-mqtt:users.${user} is an anchor or an alias in ${file}, so that what is changed there changes elsewhere too; ` +
        `to mend it, write it out in an editor: ${quoted(file)}`,
    );
    expect(await readFile(file, "utf8")).toBe(shared);
  });

  it("is made where a user takes over what another has, and has a value of its own", async () => {
    const config = await read(shared);
    config.set(["users", "own", "generation"], 2);
    const { users } = config.settings();
    expect([users.web, users.own].map((user) => user?.generation)).toEqual([1, 2]);
  });
});
