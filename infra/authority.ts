import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { OwnCertificate } from "../mosquitto/certificate-chain.ts";
import type { CertificateSettings } from "./certificate-settings.ts";

export interface AuthorityArgs {
  readonly certificates: CertificateSettings;
  /** How often the server's certificate was renewed because its end was near. */
  readonly renewals: number;
  /** The generation of the authority whose key Pulumi refuses to delete. @default none */
  readonly protectedGeneration?: number | undefined;
  /** The user's own certificate, which is used instead of one of the stack's. */
  readonly own?: OwnCertificate | undefined;
}

/** PEM texts. */
interface Outputs {
  readonly authority: pulumi.Output<string>;
  readonly chain: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;
}

/** A certificate authority: its key and its self-signed certificate. */
interface Issuer {
  readonly key: pulumi.Output<string>;
  readonly certificate: pulumi.Output<string>;
}

/**
 * A certificate authority of the stack's own, and a server certificate that it signs; two separate keys,
 * ECDSA P-256. While an authority is replaced there are two of them.
 *
 * Key usages and identifiers follow RFC 5280, 4.2.1. Each generation has resources of its own: what is
 * not asked for any more is deleted only after the broker has taken over what is.
 */
export class Authority extends pulumi.ComponentResource {
  /** The CA certificates that clients have to trust, the newest first, PEM. */
  readonly certificate: pulumi.Output<string>;
  /** The server's certificate, PEM; the intermediates behind it where there are some. */
  readonly serverCertificate: pulumi.Output<string>;
  /** The server's private key, PEM. Secret. */
  readonly serverKey: pulumi.Output<string>;
  /** When the server's certificate ends, ISO 8601. */
  readonly serverExpires: pulumi.Output<string>;

  constructor(name: string, args: AuthorityArgs, options?: pulumi.ComponentResourceOptions) {
    super("naboom-mqtt:infra:Authority", name, {}, options);
    const issued = args.own === undefined ? this.#issue(args) : brought(args.own);
    this.certificate = issued.authority;
    this.serverCertificate = issued.chain;
    this.serverKey = pulumi.secret(issued.key);
    this.serverExpires = issued.chain.apply((pem) => expiry(new X509Certificate(pem)));
    this.registerOutputs({ certificate: this.certificate, serverCertificate: this.serverCertificate });
  }

  #issue(args: AuthorityArgs): Outputs {
    const { authorityGeneration, authorityInForce, serverGeneration, authorityDays } = args.certificates;
    const issuer = (generation: number) =>
      this.#issuer(generation, authorityDays, generation === args.protectedGeneration);
    const newest = issuer(authorityGeneration);
    const inForce = authorityInForce === authorityGeneration ? newest : issuer(authorityInForce);
    const trusted = inForce === newest ? [newest] : [newest, inForce];
    const suffix = `${authorityInForce}-${serverGeneration}-${args.renewals}`;
    const key = new tls.PrivateKey(`server-key-${suffix}`, ecdsa, { parent: this });
    const server = this.#serverCertificate(suffix, key, inForce, args.certificates);
    return {
      authority: pulumi.all(trusted.map((issuer) => issuer.certificate)).apply((list) => list.join("")),
      chain: server.certPem,
      key: key.privateKeyPem,
    };
  }

  #issuer(generation: number, days: number, protect: boolean): Issuer {
    const child = { parent: this };
    const key = new tls.PrivateKey(`authority-key-${generation}`, ecdsa, { ...child, protect });
    const authority = new tls.SelfSignedCert(
      `authority-${generation}`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: `${pulumi.getProject()} ${pulumi.getStack()} authority ${generation}` },
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing"],
        setSubjectKeyId: true,
        setAuthorityKeyId: true,
        validityPeriodHours: days * 24,
      },
      child,
    );
    return { key: key.privateKeyPem, certificate: authority.certPem };
  }

  #serverCertificate(
    suffix: string,
    key: tls.PrivateKey,
    issuer: Issuer,
    { names, serverDays }: CertificateSettings,
  ): tls.LocallySignedCert {
    const request = new tls.CertRequest(
      `server-request-${suffix}`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: names[0] ?? pulumi.getProject() },
        dnsNames: names.filter((entry) => isIP(entry) === 0),
        ipAddresses: names.filter((entry) => isIP(entry) !== 0),
      },
      { parent: this },
    );
    return new tls.LocallySignedCert(
      `server-${suffix}`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: issuer.key,
        caCertPem: issuer.certificate,
        allowedUses: ["digital_signature", "server_auth"],
        setSubjectKeyId: true,
        validityPeriodHours: serverDays * 24,
      },
      { parent: this },
    );
  }
}

function brought({ authority, chain, key }: OwnCertificate): Outputs {
  return { authority: pulumi.output(authority), chain: pulumi.output(chain), key: pulumi.secret(key) };
}

/** When a certificate ends, ISO 8601. */
export function expiry(certificate: X509Certificate): string {
  return new Date(certificate.validTo).toISOString();
}

/** The kind of the keys that a stack issues, as Node names it. */
export const ISSUED_KEY_TYPE = "ec";

const ecdsa = Object.freeze({ algorithm: "ECDSA", ecdsaCurve: "P256" });
