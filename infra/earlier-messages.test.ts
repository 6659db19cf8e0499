import { describe, expect, it } from "vitest";
import { interpretMessages } from "./earlier-messages.ts";
import type { EngineContainer } from "./engine.ts";

const broker = { labels: {} } as unknown as EngineContainer;

const earlier = { stack: "prod", broker, data: "data", image: "own:1", configured: true } as const;

function interpret(stdout: string, changes: object = {}) {
  return interpretMessages({ ...earlier, ...changes }, { exitCode: 0, stdout, stderr: "" });
}

describe("messages of an earlier version", () => {
  it("are taken over by an image that can, also where the running broker has written no snapshot yet", () => {
    expect(interpret("snapshot\nimport\n")).toMatch(
      /are taken over from the snapshot .* mosquitto\.db\.imported$/,
    );
    expect(interpret("import\n")).toMatch(/are taken over/);
  });

  it("are not looked for in a volume that has none, and that no broker uses", () => {
    expect(interpret("import\n", { broker: undefined })).toBeUndefined();
    expect(interpret("database\n", { broker: undefined })).toBeUndefined();
  });

  it("are refused to an image that can't take them over, with the command that brings one that can", () => {
    expect(() => interpret("snapshot\n")).toThrow(
      /the image own:1 cannot take over, so nothing was changed; .*config rm --path 'naboom-mqtt:image' && npm run up/,
    );
    expect(() => interpret("snapshot\n", { configured: false })).toThrow(
      /npm run up -- --stack prod --update-image/,
    );
  });

  it("are refused beside a database, as nobody knows which of them counts", () => {
    expect(() => interpret("snapshot\ndatabase\nimport\n")).toThrow(
      /both a snapshot .* and a database, .*nothing was changed/,
    );
  });

  it("are not taken for none where the volume can't be read", () => {
    const answer = { exitCode: 1, stdout: "", stderr: "sh: can't cd\n" };
    expect(() => interpretMessages(earlier, answer)).toThrow(
      /cannot be read \(sh: can't cd\), so nothing was changed/,
    );
  });
});
