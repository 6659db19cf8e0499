import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";

export interface AuthorityArgs {
  /** Names and IP addresses that the server's certificate is for; the first is its common name. */
  readonly names: readonly string[];
  /** Days that the CA's certificate is valid. */
  readonly authorityDays: number;
  /** Days that the server's certificate is valid. */
  readonly serverDays: number;
}

/**
 * A certificate authority of the stack's own, and a server certificate that it signs; two separate keys,
 * ECDSA P-256.
 *
 * Key usages and identifiers follow RFC 5280, 4.2.1.
 */
export class Authority extends pulumi.ComponentResource {
  /** The CA's certificate, PEM. */
  readonly certificate: pulumi.Output<string>;
  /** The server's certificate, PEM. */
  readonly serverCertificate: pulumi.Output<string>;
  /** The server's private key, PEM. Secret. */
  readonly serverKey: pulumi.Output<string>;

  constructor(name: string, args: AuthorityArgs, options?: pulumi.ComponentResourceOptions) {
    super("naboom-mqtt:infra:Authority", name, {}, options);
    const child = { parent: this };

    const key = new tls.PrivateKey(`${name}-key`, ecdsa, child);
    const authority = new tls.SelfSignedCert(
      name,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: `${pulumi.getProject()} ${pulumi.getStack()} authority` },
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing"],
        setSubjectKeyId: true,
        setAuthorityKeyId: true,
        ...validity(args.authorityDays),
      },
      child,
    );

    const serverKey = new tls.PrivateKey("server-key", ecdsa, child);
    const request = new tls.CertRequest(
      "server-request",
      {
        privateKeyPem: serverKey.privateKeyPem,
        subject: { commonName: args.names[0] ?? pulumi.getProject() },
        dnsNames: args.names.filter((entry) => isIP(entry) === 0),
        ipAddresses: args.names.filter((entry) => isIP(entry) !== 0),
      },
      child,
    );
    const server = new tls.LocallySignedCert(
      "server",
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: key.privateKeyPem,
        caCertPem: authority.certPem,
        allowedUses: ["digital_signature", "server_auth"],
        setSubjectKeyId: true,
        ...validity(args.serverDays),
      },
      child,
    );

    this.certificate = authority.certPem;
    this.serverCertificate = server.certPem;
    this.serverKey = pulumi.secret(serverKey.privateKeyPem);
    this.registerOutputs({ certificate: this.certificate, serverCertificate: this.serverCertificate });
  }
}

const ecdsa = Object.freeze({ algorithm: "ECDSA", ecdsaCurve: "P256" });

/** A certificate is due for renewal when a third of its validity is left. */
function validity(days: number) {
  return { validityPeriodHours: days * 24, earlyRenewalHours: days * 8 };
}
