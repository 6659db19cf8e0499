import { type CertificateFindings, checkOwnCertificate, type OwnCertificate } from "./certificate-chain.ts";
import { type Issued, issue, type TrialCertificate } from "./trial-certificate.ts";

/** What the server of the trial chain is reached by. */
export const NAMES = Object.freeze(["mqtt.example.org", "127.0.0.1"]);
/** A server's certificate without a flaw, but for its issuer. */
export const SERVER = Object.freeze({
  name: "server",
  names: NAMES,
  purposes: ["1.3.6.1.5.5.7.3.1"],
  usage: 0x80,
});

export const root = issue({ name: "root", authority: true, usage: 0x06 });
export const intermediate = issue({ name: "intermediate", authority: true, usage: 0x06, issuer: root });
export const server = issue({ ...SERVER, issuer: intermediate });
/** An authority that has issued nothing. */
export const stranger = issue({ name: "stranger", authority: true });

/** PEM texts in a row. */
export function text(...certificates: readonly Issued[]): string {
  return certificates.map(({ pem }) => pem).join("");
}

/** An own certificate without a flaw. */
export const good: OwnCertificate = Object.freeze({
  chain: text(server, intermediate),
  key: server.keyPem,
  authority: root.pem,
});

/** Findings of what differs from the good one as given. */
export function check(
  own: Partial<OwnCertificate>,
  now = new Date(),
  names: readonly string[] = NAMES,
): CertificateFindings {
  return checkOwnCertificate({ ...good, ...own }, { names, now });
}

/** Faults of what differs from the good one as given. */
export function faultsOf(...own: Parameters<typeof check>): readonly string[] {
  return check(...own).faults;
}

/** Findings of a server's certificate that differs from the good one as given. */
export function checkServer(flaw: Partial<TrialCertificate>): CertificateFindings {
  const issued = issue({ ...SERVER, issuer: intermediate, ...flaw });
  return check({ chain: text(issued, intermediate), key: issued.keyPem });
}
