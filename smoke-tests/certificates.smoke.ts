import { X509Certificate } from "node:crypto";
import { listenerIn, listenersIn } from "../mosquitto/listener.ts";
import { maySignCertificates } from "./certificate.ts";
import {
  demandAuthority,
  demandNames,
  demandPurpose,
  demandStrongKey,
  demandValid,
  issuersOf,
} from "./certificate-demands.ts";
import { check, notApplicable } from "./check.ts";
import { demand, demandSame, Unproved } from "./expectation.ts";
import { authorities, endpoint, outputs } from "./stack.ts";
import { shakeHands } from "./tls-connection.ts";

const place = { subject: "Certificates" } as const;

const { certificates } = outputs;
const { own } = certificates;

const cas = authorities.map((pem) => new X509Certificate(pem));

check("the CA may sign certificates, and is within its validity", place, async () => {
  demand(cas.length > 0, "at least one CA certificate", "none");
  // Of the CAs that the user has clients trust, some may be out of use.
  const issuers = own ? issuersOf(await servedChain(), cas) : cas;
  for (const ca of [...cas, ...issuers]) demandAuthority(ca, own);
  for (const ca of issuers) demandValid(ca);
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

check(`the server's certificate is for TLS servers${own ? "" : " only"}`, place, async () => {
  demandPurpose(await served(), own);
});

check(
  `the server's certificate has the names in the outputs${own ? "" : " and no other"}`,
  place,
  async () => {
    demandNames(await served(), certificates.names, own);
  },
);

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

const STRONG_KEY = own
  ? "the server's key and its certificate's signature are of kinds that clients take"
  : "the server's key is ECDSA on P-256 or RSA of at least 2048 bits";

check(STRONG_KEY, place, async () => demandStrongKey(await served(), own));

async function served(): Promise<X509Certificate> {
  const [server] = await servedChain();
  if (server === undefined) throw new Unproved("a certificate", "none was served");
  return server;
}

/** What the first TLS listener serves; that all serve the same is another check's matter. */
async function servedChain(): Promise<readonly X509Certificate[]> {
  const listener = listenersIn(outputs.listeners).find((name) => listenerIn(outputs.listeners, name).tls);
  if (listener === undefined) notApplicable("no listener with TLS is on");
  const handshake = await shakeHands(endpoint(listener));
  if (!handshake.trusted) throw new Unproved("a handshake that a client trusts", handshake.code);
  return handshake.chain;
}

function end({ validTo }: X509Certificate): string {
  return isoTime(validTo);
}

function isoTime(text: string): string {
  return new Date(text).toISOString();
}
