import { execa } from "execa";
import { type Issued, issue } from "../mosquitto/trial-certificate.ts";
import { root, SERVER } from "../mosquitto/trial-chain.ts";

/** Servers' certificates that no client may take, each issued by the trial chain's root. */
const certificates: Readonly<Record<"elsewhere" | "expired", Issued>> = Object.freeze({
  elsewhere: issue({ ...SERVER, issuer: root, names: ["mqtt.example.org"] }),
  expired: issue({
    ...{ ...SERVER, issuer: root, names: ["localhost", "127.0.0.1"] },
    begins: new Date("2025-01-01T00:00:00Z"),
    ends: new Date("2025-04-01T00:00:00Z"),
  }),
});

export type CertificateFault = keyof typeof certificates;

/** Ports inside the container: MQTT over TLS, and WebSockets over TLS. */
const PORTS = Object.freeze({ elsewhere: { mqtts: 1, wss: 2 }, expired: { mqtts: 3, wss: 4 } });

/**
 * A throwaway broker whose certificates are for another name, or have ended: none that a stack would be brought up
 * with. No client gets as far as to log in.
 */
export class FaultyBroker {
  /** The CA to trust, PEM. */
  readonly authority = root.pem;
  readonly #container: string;

  private constructor(container: string) {
    this.#container = container;
  }

  static async start(image: string): Promise<FaultyBroker> {
    const published = Object.values(PORTS)
      .flatMap(({ mqtts, wss }) => [mqtts, wss])
      .flatMap((port) => ["-p", `127.0.0.1::${1880 + port}`]);
    const script = "until [ -e /work/conf ]; do sleep 0.05; done; exec mosquitto -c /work/conf";
    const args = ["--rm", "--tmpfs", "/work:mode=1777", ...published, "--entrypoint", "/bin/sh"];
    const { stdout } = await execa`docker run -d ${args} ${image} -c ${script}`;
    const broker = new FaultyBroker(stdout);
    try {
      for (const [name, { pem, keyPem }] of Object.entries(certificates)) {
        await broker.#put(`${name}.crt`, pem);
        await broker.#put(`${name}.key`, keyPem);
      }
      await broker.#put("conf", configuration());
      return broker;
    } catch (error) {
      await broker.remove();
      throw error;
    }
  }

  /** The port of the host's loopback where a certificate with this fault is shown. */
  async port(fault: CertificateFault, listener: "mqtts" | "wss"): Promise<number> {
    const { stdout } = await execa`docker port ${this.#container} ${1880 + PORTS[fault][listener]}/tcp`;
    return Number(stdout.split(":").at(-1));
  }

  async remove(): Promise<void> {
    await execa`docker rm -f ${this.#container}`;
  }

  /** By standard input, as keys are nothing for a command line, and whole before it has its name. */
  async #put(name: string, content: string): Promise<void> {
    const script = `cat >/work/${name}.new && mv /work/${name}.new /work/${name}`;
    await execa({ input: content })`docker exec -i ${this.#container} sh -c ${script}`;
  }
}

function configuration(): string {
  const listeners = Object.entries(PORTS).flatMap(([name, ports]) =>
    Object.entries(ports).map(([listener, port]) =>
      [
        `listener ${1880 + port}`,
        `protocol ${listener === "wss" ? "websockets" : "mqtt"}`,
        `certfile /work/${name}.crt`,
        `keyfile /work/${name}.key`,
      ].join("\n"),
    ),
  );
  return `${["allow_anonymous false", ...listeners].join("\n")}\n`;
}
