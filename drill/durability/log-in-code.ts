import { connect } from "node:net";
import { generate, parser } from "mqtt-packet";
import type { TrialBroker } from "../abuse/trial-broker.ts";

/** The return code of the CONNACK that a name and a password get (MQTT 3.1.1, 3.2.2.3); -1 if there is no CONNACK. */
export function logInCode(
  broker: TrialBroker,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: broker.port("mqtt") });
    const reading = parser({ protocolVersion: 4 });
    const end = (code: number) => {
      resolve(code);
      socket.destroy();
    };
    reading.on("packet", (packet) => end(packet.cmd === "connack" ? (packet.returnCode ?? -1) : -1));
    socket.on("data", (data) => reading.parse(data));
    for (const event of ["error", "close"]) socket.on(event, () => end(-1));
    const about = { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, keepalive: 60 } as const;
    socket.write(
      generate({ ...about, clientId: "log-in", clean: true, username, password: Buffer.from(password) }),
    );
  });
}
