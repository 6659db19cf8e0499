import { X509Certificate } from "node:crypto";
import { listenerIn, listenersIn } from "../../mosquitto/listener.ts";
import { maySignCertificates } from "../certificate.ts";
import { demand, demandSame, Unproved } from "../expectation.ts";
import { shakeHands } from "../tls-connection.ts";
import {
  demandAuthority,
  demandNames,
  demandPurpose,
  demandStrongKey,
  demandValid,
  issuersOf,
} from "./certificate-demands.ts";
import type { CheckList } from "./check-list.ts";
import { notApplicable } from "./not-applicable.ts";
import type { StackView } from "./stack-view.ts";

const place = { subject: "Certificates" } as const;

/** Whether the CA and the server's certificate are what the outputs say, and fit for their use. */
export function certificates(checks: CheckList): void {
  const { stack } = checks;
  const { certificates: told } = stack.outputs;
  const { own } = told;

  const cas = stack.authorities.map((pem) => new X509Certificate(pem));

  checks.add("the CA may sign certificates, and is within its validity", place, async () => {
    demand(cas.length > 0, "at least one CA certificate", "none");
    // Of the CAs that the user has clients trust, some may be out of use.
    const issuers = own ? issuersOf(await servedChain(stack), cas) : cas;
    for (const ca of [...cas, ...issuers]) demandAuthority(ca, own);
    for (const ca of issuers) demandValid(ca);
  });

  checks.add("the server's certificate is another, with another key, and is no CA", place, async () => {
    const server = await served(stack);
    demand(!server.ca, "basicConstraints without CA:TRUE", "a server certificate that is a CA");
    demand(!maySignCertificates(server), "keyUsage without keyCertSign", "one that may sign certificates");
    for (const ca of cas) {
      demand(server.fingerprint256 !== ca.fingerprint256, "two certificates", "one");
      demand(!server.publicKey.equals(ca.publicKey), "two keys", "one");
    }
  });

  checks.add(`the server's certificate is for TLS servers${own ? "" : " only"}`, place, async () => {
    demandPurpose(await served(stack), own);
  });

  checks.add(
    `the server's certificate has the names in the outputs${own ? "" : " and no other"}`,
    place,
    async () => {
      demandNames(await served(stack), told.names, own);
    },
  );

  checks.add("the server's certificate is valid now, from and to when the outputs say", place, async () => {
    const server = await served(stack);
    demandValid(server);
    const begin = isoTime(server.validFrom);
    demandSame("the server certificate's begin", begin, isoTime(told.serverIssued));
    demandSame("the server certificate's end", end(server), isoTime(told.serverExpires));
    const ends = cas.map(end);
    demand(
      ends.includes(isoTime(told.authorityExpires)),
      `a CA that ends at ${isoTime(told.authorityExpires)}`,
      ends.join(", "),
    );
  });

  const STRONG_KEY = own
    ? "the server's key and its certificate's signature are of kinds that clients take"
    : "the server's key is ECDSA on P-256 or RSA of at least 2048 bits";

  checks.add(STRONG_KEY, place, async () => demandStrongKey(await served(stack), own));
}

async function served(stack: StackView): Promise<X509Certificate> {
  const [server] = await servedChain(stack);
  if (server === undefined) throw new Unproved("a certificate", "none was served");
  return server;
}

/** What the first TLS listener serves; that all serve the same is another check's matter. */
async function servedChain(stack: StackView): Promise<readonly X509Certificate[]> {
  const { listeners } = stack.outputs;
  const listener = listenersIn(listeners).find((name) => listenerIn(listeners, name).tls);
  if (listener === undefined) notApplicable("no listener with TLS is on");
  const handshake = await shakeHands(stack.endpoint(listener));
  if (!handshake.trusted) throw new Unproved("a handshake that a client trusts", handshake.code);
  return handshake.chain;
}

function end({ validTo }: X509Certificate): string {
  return isoTime(validTo);
}

function isoTime(text: string): string {
  return new Date(text).toISOString();
}
