import { X509Certificate } from "node:crypto";
import type { ListenerName } from "../mosquitto/listener.ts";
import { maySignCertificates, SERVER_AUTH, subjectNames } from "./certificate.ts";
import { check } from "./check.ts";
import { demand, demandSame, Unproved } from "./expectation.ts";
import { authorities, endpoint, outputs } from "./stack.ts";
import { shakeHands } from "./tls-connection.ts";

const place = { subject: "Certificates" } as const;

const { certificates } = outputs;

const cas = authorities.map((pem) => new X509Certificate(pem));

check("the CA may sign certificates, and is within its validity", place, async () => {
  demand(cas.length > 0, "at least one CA certificate", "none");
  for (const ca of cas) {
    demand(ca.ca, "basicConstraints with CA:TRUE", `none in ${ca.subject}`);
    demand(maySignCertificates(ca), "keyUsage with keyCertSign", `none in ${ca.subject}`);
    demandValid(ca);
  }
});

check("the server's certificate is another, with another key, and is no CA", place, async () => {
  const server = await served();
  demand(!server.ca, "basicConstraints without CA:TRUE", "a server certificate that is a CA");
  demand(!maySignCertificates(server), "keyUsage without keyCertSign", "one that may sign certificates");
  for (const ca of cas) {
    demand(server.fingerprint256 !== ca.fingerprint256, "two certificates", "one");
    demand(!server.publicKey.equals(ca.publicKey), "two keys", "one");
  }
});

check("the server's certificate is for TLS servers only", place, async () => {
  demandSame("extended key usage", (await served()).keyUsage, [SERVER_AUTH]);
});

check("the server's certificate has the names in the outputs and no other", place, async () => {
  const names = subjectNames(await served())
    .map(expanded)
    .sort();
  demandSame("subjectAltName", names, [...certificates.names].map(expanded).sort());
});

check("the server's certificate is valid now, from and to when the outputs say", place, async () => {
  const server = await served();
  demandValid(server);
  const begin = isoTime(server.validFrom);
  demandSame("the server certificate's begin", begin, isoTime(certificates.serverIssued));
  demandSame("the server certificate's end", end(server), isoTime(certificates.serverExpires));
  const ends = cas.map(end);
  demand(
    ends.includes(isoTime(certificates.authorityExpires)),
    `a CA that ends at ${isoTime(certificates.authorityExpires)}`,
    ends.join(", "),
  );
});

check("the server's key is ECDSA on P-256 or RSA of at least 2048 bits", place, async () => {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = (await served()).publicKey;
  const strong =
    (type === "ec" && details?.namedCurve === "prime256v1") ||
    (type === "rsa" && (details?.modulusLength ?? 0) >= 2_048);
  demand(strong, "such a key", `${type} ${JSON.stringify(details, (_, value) => `${value}`)}`);
});

/** The certificate that the first TLS listener serves; that all serve the same is another check's matter. */
async function served(): Promise<X509Certificate> {
  const listener = (Object.keys(outputs.listeners) as ListenerName[]).find(
    (name) => outputs.listeners[name].tls,
  );
  if (listener === undefined) throw new Unproved("a listener with TLS", "none in the outputs");
  const handshake = await shakeHands(endpoint(listener));
  if (!handshake.trusted) throw new Unproved("a handshake that a client trusts", handshake.code);
  return handshake.certificate;
}

function demandValid({ validFrom, validTo, subject }: X509Certificate): void {
  const now = Date.now();
  const valid = Date.parse(validFrom) <= now && now < Date.parse(validTo);
  demand(valid, `${subject} to be valid now`, `valid from ${validFrom} to ${validTo}`);
}

function end({ validTo }: X509Certificate): string {
  return isoTime(validTo);
}

function isoTime(text: string): string {
  return new Date(text).toISOString();
}

/** One way to write an address: IPv6 is shortened in the outputs and in full in a certificate. */
function expanded(name: string): string {
  return name.includes(":") ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name.toLowerCase();
}
