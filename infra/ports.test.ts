import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { HostListener } from "./listener-settings.ts";
import { placesToTry, whyTaken } from "./ports.ts";

const addresses = ["127.0.0.1", "::1", "192.0.2.7", "fd00::7"];

const at = (address: string, port = 8883): HostListener => ({ address, port });

describe("a port that is wanted", () => {
  it.each<[string, HostListener, HostListener[], HostListener[]]>([
    ["is tried where nothing of ours has it", at("0.0.0.0"), [], [at("0.0.0.0")]],
    ["is not tried where the broker has it already", at("0.0.0.0"), [at("0.0.0.0")], []],
    ["is not tried on one address where the broker has all", at("192.0.2.7"), [at("0.0.0.0")], []],
    ["is tried where the broker has another port", at("0.0.0.0"), [at("0.0.0.0", 1883)], [at("0.0.0.0")]],
    [
      "is tried where the broker has it on another address",
      at("192.0.2.7"),
      [at("127.0.0.1")],
      [at("192.0.2.7")],
    ],
    [
      "is tried on every other address where the broker has one",
      at("0.0.0.0"),
      [at("127.0.0.1")],
      [at("192.0.2.7")],
    ],
    ["is tried so for IPv6 as well", at("::"), [at("::1")], [at("fd00::7")]],
    ["is tried for IPv6 where the broker has it for IPv4", at("::"), [at("0.0.0.0")], [at("::")]],
  ])("%s", (_, wanted, own, expected) => {
    expect(placesToTry(wanted, own, addresses)).toEqual(expected);
  });
});

describe("a port that only the engine may listen on", () => {
  it("is taken where somebody answers on it, and free where nobody does", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await whyTaken("EACCES", port, "127.0.0.1")).toBe("EADDRINUSE");
    expect(await whyTaken("EACCES", port, "0.0.0.0")).toBe("EADDRINUSE");
    server.close();
    await once(server, "close");
    expect(await whyTaken("EACCES", port, "127.0.0.1")).toBeUndefined();
  });

  it("is told apart from what no engine gets", async () => {
    for (const code of ["EADDRINUSE", "EADDRNOTAVAIL", undefined])
      expect(await whyTaken(code, 1, "::1")).toBe(code);
  });
});
