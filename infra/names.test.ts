import { describe, expect, it } from "vitest";
import { containerNames, engineNames, refuseConsoleName } from "./names.ts";
import { Refusal } from "./refusal.ts";

describe("a stack's name", () => {
  it("that ends as a console's does is refused, as two stacks would have containers of the same names", () => {
    const names = (stack: string) => containerNames(engineNames("naboom-mqtt", stack));
    const shared = names("prod").filter((name) => names("prod-console").includes(name));
    expect(shared).toEqual(["naboom-mqtt-prod-console-publish", "naboom-mqtt-prod-console-reload"]);
    expect(() => refuseConsoleName("prod-console")).toThrow(Refusal);
    expect(() => refuseConsoleName("prod-console")).toThrow(
      "a stack may not be called prod-console, as the console of stack prod has containers of the same names; " +
        "allowed is a name that does not end with -console: npm run up -- --stack NAME",
    );
  });

  it.each(["dev", "console", "prod-console-2", "prodconsole"])("may be %s", (stack) => {
    expect(() => refuseConsoleName(stack)).not.toThrow();
  });
});
