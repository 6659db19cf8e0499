import type { FrameKind } from "./frame.ts";
import { prefixed, rawPacket } from "./mqtt-bytes.ts";
import type { Random } from "./random.ts";
import { frame, upgradeRequest } from "./websocket-frame.ts";

/** An upgrade request with one line changed; a line that begins with nothing is taken out. */
const changed = (header: string, line: string): Buffer =>
  Buffer.from(
    upgradeRequest
      .split("\r\n")
      .flatMap((given) => (given.startsWith(header) && given !== "" ? (line === "" ? [] : [line]) : [given]))
      .join("\r\n"),
    "latin1",
  );

const kind = (name: string, ends: boolean, make: (random: Random) => Buffer): FrameKind => ({
  name,
  ends,
  make: (random) => [make(random)],
});

/** Ways for an upgrade request to be wrong (RFC 6455, 4.2.1; RFC 9112). */
export const upgradeKinds: readonly FrameKind[] = Object.freeze([
  kind("request of another method", true, (random) =>
    changed("GET", `${random.pick(["POST", "CONNECT", "BREW", "get"])} /mqtt HTTP/1.1`),
  ),
  kind("request line that is none", true, (random) =>
    changed("GET", random.pick(["GET", "GET /mqtt", "GET /mqtt HTTP/9.9", "/mqtt", "GET  HTTP/1.1 x"])),
  ),
  kind("request without a header that it needs", true, (random) =>
    changed(random.pick(["Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol"]), ""),
  ),
  kind("request of another version", true, (random) =>
    changed("Sec-WebSocket-Version", `Sec-WebSocket-Version: ${random.pick(["12", "8", "0", "130", "1"])}`),
  ),
  kind("request for another protocol", true, (random) =>
    changed(
      "Sec-WebSocket-Protocol",
      `Sec-WebSocket-Protocol: ${random.pick(["chat", "x".repeat(900), "MQTT5"])}`,
    ),
  ),
  kind("key that is none", false, (random) =>
    changed(
      "Sec-WebSocket-Key",
      `Sec-WebSocket-Key: ${random.pick(["", "x", "k".repeat(1 + random.below(3_000))])}`,
    ),
  ),
  kind("more than 100 headers", true, (random) => {
    const many = Array.from({ length: 101 + random.below(60) }, (_, index) => `X-${index}: 1`).join("\r\n");
    return changed("Host", `Host: localhost\r\n${many}`);
  }),
  kind("header that is none", true, (random) =>
    changed("Host", random.pick(["no colon", ": no name", "bad\0name: 1", "sp ace: 1", "Host:\x01\x02"])),
  ),
  kind("header over several lines", true, (random) =>
    changed("Host", `Host: localhost\r\n${" ".repeat(1 + random.below(9))}folded\r\n\tfolded`),
  ),
  kind("header of many kilobytes", false, (random) =>
    changed("Host", `Host: ${"h".repeat(4_000 + random.below(20_000))}`),
  ),
  kind("lines that end with a line feed", false, () => Buffer.from(upgradeRequest.replaceAll("\r", ""))),
  kind("request with zeros in it", false, (random) => {
    const bytes = Buffer.from(upgradeRequest);
    bytes[random.below(bytes.length)] = 0;
    return bytes;
  }),
  kind("request cut short", false, (random) =>
    Buffer.from(upgradeRequest.slice(0, 1 + random.below(upgradeRequest.length - 2))),
  ),
  {
    name: "request in pieces",
    ends: false,
    make: (random) => {
      const cut = 1 + random.below(upgradeRequest.length - 2);
      return [Buffer.from(upgradeRequest.slice(0, cut)), Buffer.from(upgradeRequest.slice(cut))];
    },
  },
  kind("frames behind a request", true, (random) =>
    Buffer.concat([Buffer.from(upgradeRequest), frame(rawPacket(0x30, prefixed("abuse"), random.bytes(9)))]),
  ),
  kind("MQTT in place of a request", true, () =>
    rawPacket(0x10, prefixed("MQTT"), Buffer.from([4, 2, 0, 60]), prefixed("a")),
  ),
  kind("noise in place of a request", false, (random) => random.bytes(1 + random.below(800))),
]);
