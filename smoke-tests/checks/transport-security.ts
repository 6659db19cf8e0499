import type { X509Certificate } from "node:crypto";
import { type ConnectionOptions, rootCertificates } from "node:tls";
import { type ListenerName, listenerIn, listenersIn } from "../../mosquitto/listener.ts";
import { issue } from "../../mosquitto/trial-certificate.ts";
import { impostorOf } from "../certificate.ts";
import type { ClientKeyPair, Endpoint } from "../client-options.ts";
import { demand, demandSame } from "../expectation.ts";
import { HANDSHAKE_FAILURES, type Handshake, sendInTheClear, shakeHands } from "../tls-connection.ts";
import type { CheckList } from "./check-list.ts";
import { notApplicable } from "./not-applicable.ts";
import type { StackView } from "./stack-view.ts";

const SUBJECT = "Transport security";

/** A name that no certificate can be for (RFC 6761, 6.4). */
const NO_SUCH_NAME = "smoke-test.invalid";

/** Old protocol versions and weak ciphers are not even offered by OpenSSL without this. */
const EVERYTHING = "@SECLEVEL=0";

/** TLS 1.2 with nothing but ciphers of RFC 9325, 4.2. */
const STRONG = Object.freeze({ minVersion: "TLSv1.2", ciphers: "ECDHE+AESGCM:ECDHE+CHACHA20" } as const);

/** What OpenSSL says when no chain to a CA that it trusts can be built, or when the signature is another's. */
const UNTRUSTED = [
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
];

/** Whether TLS listeners serve the stack's certificate with strong ciphers only, and others no TLS at all. */
export function transportSecurity(checks: CheckList): void {
  const { listeners } = checks.stack.outputs;
  for (const listener of listenersIn(listeners)) {
    const { clientCertificates, tls } = listenerIn(listeners, listener);
    if (clientCertificates !== "none") mutual(checks, listener);
    if (!tls) unsecured(checks, listener);
    else {
      identified(checks, listener);
      strong(checks, listener);
    }
  }
}

function identified(checks: CheckList, listener: ListenerName): void {
  const place = { subject: SUBJECT, listener } as const;
  const { stack } = checks;
  const site = stack.endpoint(listener);

  checks.add("the certificate's chain ends at the stack's CA", place, async () => {
    await trusted(shakeHands(site));
  });

  checks.add("a client that trusts other CAs only is not satisfied", place, async () => {
    if (stack.authorities.some((pem) => rootCertificates.includes(pem.trim()))) {
      notApplicable("the stack's CA is one that everybody trusts");
    }
    refused(await shakeHands(site, { ca: [...rootCertificates] }), UNTRUSTED);
  });

  checks.add("an impostor of the CA, with its names but another key, is not enough", place, async () => {
    refused(await shakeHands(site, { ca: stack.authorities.map(impostorOf) }), ["CERT_SIGNATURE_FAILURE"]);
  });

  checks.add("the certificate is for each of the stack's names", place, async () => {
    const names = stack.outputs.certificates.names.map((name) => name.replace(/^\*\./, "smoke-test."));
    await Promise.all(names.map((name) => trusted(shakeHands(site, {}, name))));
  });

  checks.add("the certificate is for no other name", place, async () => {
    refused(await shakeHands(site, {}, NO_SUCH_NAME), ["ERR_TLS_CERT_ALTNAME_INVALID"]);
  });

  checks.add("the certificate is the one in the outputs", place, async () => {
    const { certificate } = await trusted(shakeHands(site));
    demandSame(
      "the SHA-256 fingerprint",
      certificate.fingerprint256,
      stack.outputs.certificates.serverFingerprint,
    );
  });
}

function strong(checks: CheckList, listener: ListenerName): void {
  const place = { subject: SUBJECT, listener } as const;
  const { stack } = checks;
  const site = stack.endpoint(listener);

  checks.add(
    "TLS 1.2 and 1.3 are offered, with authenticated ciphers and forward secrecy",
    place,
    async () => {
      for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
        if (version === "TLSv1.2" && stack.isClosed(listener)) {
          await demandStrangerRefused(stack, site, STRONG);
          continue;
        }
        const { protocol, cipher } = await trusted(
          shakeHands(site, { minVersion: version, maxVersion: version }),
        );
        demandSame("the protocol", protocol, version);
        const allowed =
          version === "TLSv1.3" ? /^TLS_/ : /^TLS_ECDHE_.*_(GCM_SHA\d+|CHACHA20_POLY1305_SHA\d+)$/;
        demand(allowed.test(cipher), "a cipher of RFC 9325, 4.2", cipher);
      }
    },
  );

  checks.add("TLS 1.1 is refused by the server", place, async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: `ALL:${EVERYTHING}` } as const;
    refused(await shakeHands(site, old), ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION"]);
  });

  checks.add(
    "ciphers without authentication or forward secrecy are refused by the server",
    place,
    async () => {
      const weak = {
        maxVersion: "TLSv1.2",
        ciphers: `ECDHE:RSA:!AESGCM:!CHACHA20:!AESCCM:${EVERYTHING}`,
      } as const;
      refused(await shakeHands(site, weak), HANDSHAKE_FAILURES);
    },
  );

  checks.add("nothing is served in the clear", place, async () => {
    const answer = await sendInTheClear(site, listener === "wss" ? HTTP_UPGRADE : MQTT_CONNECT);
    const served = answer.length > 0 && answer[0] !== TLS_ALERT;
    demand(!served, "a TLS alert or a closed connection", `${answer.length} bytes that are no alert`);
  });
}

function mutual(checks: CheckList, listener: ListenerName): void {
  const place = { subject: SUBJECT, listener } as const;
  const { stack } = checks;
  const site = stack.endpoint(listener);
  checks.add("a client without a certificate is refused", place, async () => {
    refused(await asStranger(site, undefined), HANDSHAKE_FAILURES);
  });

  checks.add("a client with a certificate of the same name but another authority's is refused", place, () =>
    demandStrangerRefused(stack, site),
  );
}

/** With TLS 1.3 a client hears of it only after its own end of the handshake. */
function asStranger(
  site: Endpoint,
  stranger: ClientKeyPair | undefined,
  options: ConnectionOptions = {},
): Promise<Handshake> {
  return shakeHands({ ...site, certificateOf: () => stranger }, { maxVersion: "TLSv1.2", ...options });
}

/** A server says that it does not know the CA only after it has agreed on a version and on a cipher. */
async function demandStrangerRefused(
  stack: StackView,
  site: Endpoint,
  options: ConnectionOptions = {},
): Promise<void> {
  const name =
    Object.values(stack.outputs.users).flatMap(({ certificates: all }) => all)[0]?.name ?? "stranger";
  const issuer = issue({ name: "another authority", authority: true, usage: 0x06 });
  const { pem, keyPem } = issue({ name, issuer });
  const handshake = await asStranger(site, { certificate: pem, key: keyPem }, options);
  refused(handshake, ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"]);
}

function unsecured(checks: CheckList, listener: ListenerName): void {
  checks.add("a plain listener speaks no TLS", { subject: SUBJECT, listener }, async () => {
    const handshake = await shakeHands(checks.stack.endpoint(listener));
    demand(!handshake.trusted, "no TLS handshake", "one that succeeded");
  });
}

/** The content type of an alert (RFC 8446, 5.1). */
const TLS_ALERT = 0x15;

/** An MQTT 3.1.1 CONNECT of the anonymous client `x` (MQTT 3.1.1, 3.1). */
const MQTT_CONNECT = Buffer.from("100d00044d5154540402003c000178", "hex");

/** A WebSocket handshake (RFC 6455, 1.3, whose sample key it uses). */
const HTTP_UPGRADE = Buffer.from(
  [
    "GET /mqtt HTTP/1.1",
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: mqtt",
    "Sec-WebSocket-Version: 13",
    "",
    "",
  ].join("\r\n"),
);

type Trusted = { protocol: string; cipher: string; certificate: X509Certificate };

async function trusted(handshake: Promise<Handshake>): Promise<Trusted> {
  const result = await handshake;
  if (result.trusted) return result;
  demand(false, "a handshake that a client trusts", result.code);
}

function refused(handshake: Handshake, codes: readonly string[]): void {
  const seen = handshake.trusted
    ? `a handshake with ${handshake.protocol} and ${handshake.cipher}`
    : handshake.code;
  demand(!handshake.trusted && codes.includes(handshake.code), codes.join(" or "), seen);
}
