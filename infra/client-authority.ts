import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";
import {
  areUsed,
  certificateGenerations,
  certificateName,
  needsCertificate,
} from "../mosquitto/client-certificate.ts";
import { type ClientCertificateFiles, digest } from "../mosquitto/revision.ts";
import { renderRevocationList } from "../mosquitto/revocation-list.ts";
import type { ClientCertificateSettings } from "./client-certificate-settings.ts";
import type { Settings } from "./settings-schema.ts";
import type { UserSettings } from "./user-settings.ts";

export interface ClientAuthorityArgs {
  readonly settings: ClientCertificateSettings;
  /** The users that are to have certificates. */
  readonly users: Readonly<Record<string, UserSettings>>;
}

/** What may be known of a user's certificate. */
export interface ClientCertificate {
  /** The name in it, such as `web~1`. */
  readonly name: string;
  readonly generation: number;
  /** Hexadecimal. */
  readonly serial: string;
  /** ISO 8601. */
  readonly issued: string;
  /** ISO 8601. */
  readonly expires: string;
}

/** PEM texts. */
export interface ClientKeyPair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * The authority of clients' certificates, a certificate for each user, and the list of those that are taken back.
 *
 * It is another one than the server's: what it signs is trusted by the broker alone. Its key is RSA, whose
 * signatures are the same each time, so that the list of an unchanged stack is the same text.
 */
export class ClientAuthority extends pulumi.ComponentResource {
  /** What the broker checks certificates by. */
  readonly files: pulumi.Output<ClientCertificateFiles>;
  /** Each user's certificates, the current one first, by user name. */
  readonly certificates: pulumi.Output<Readonly<Record<string, readonly ClientCertificate[]>>>;
  /** Each user's current certificate and key, by user name. Secret. */
  readonly keyPairs: pulumi.Output<Readonly<Record<string, ClientKeyPair>>>;

  constructor(name: string, args: ClientAuthorityArgs, options?: pulumi.ComponentResourceOptions) {
    super("naboom-mqtt:infra:ClientAuthority", name, {}, options);
    const { settings } = args;
    const generation = settings.authorityGeneration;
    const key = new tls.PrivateKey(
      `clients-authority-key-${generation}`,
      { algorithm: "RSA", rsaBits: 3_072 },
      { parent: this },
    );
    const authority = this.#authority(key, settings);
    const issued = Object.entries(args.users).map(([user, state]) => ({
      user,
      pairs: certificateGenerations(state).map((each) => this.#issue(user, each, key, authority, settings)),
    }));

    this.files = pulumi
      .all([authority.certPem, key.privateKeyPem, this.#listIssued(Object.values(settings.revoked))])
      .apply(([certificate, privateKey, listed]) => ({
        clientAuthority: certificate,
        revocations: renderRevocationList({
          authority: certificate,
          key: privateKey,
          serials: Object.values(settings.revoked),
          issued: listed,
        }),
      }));
    this.certificates = pulumi.all(
      Object.fromEntries(
        issued.map(({ user, pairs }) => [user, pulumi.all(pairs.map((pair) => pair.describe()))]),
      ),
    );
    this.keyPairs = pulumi.secret(
      pulumi.all(
        Object.fromEntries(
          issued.map(({ user, pairs: [current] }) => [
            user,
            { certificate: current?.certificate ?? "", key: current?.key ?? "" },
          ]),
        ),
      ),
    );
    this.registerOutputs();
  }

  #authority(key: tls.PrivateKey, settings: ClientCertificateSettings): tls.SelfSignedCert {
    const { authorityGeneration: generation, authorityDays } = settings;
    return new tls.SelfSignedCert(
      `clients-authority-${generation}`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: {
          commonName: `${pulumi.getProject()} ${pulumi.getStack()} clients' authority ${generation}`,
        },
        isCaCertificate: true,
        allowedUses: ["cert_signing", "crl_signing"],
        setSubjectKeyId: true,
        validityPeriodHours: authorityDays * 24,
      },
      { parent: this },
    );
  }

  #issue(
    user: string,
    generation: number,
    authorityKey: tls.PrivateKey,
    authority: tls.SelfSignedCert,
    settings: ClientCertificateSettings,
  ): IssuedPair {
    const child = { parent: this };
    const name = certificateName(user, generation);
    const suffix = `${name}-${settings.authorityGeneration}`;
    const key = new tls.PrivateKey(`client-key-${suffix}`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, child);
    const request = new tls.CertRequest(
      `client-request-${suffix}`,
      { privateKeyPem: key.privateKeyPem, subject: { commonName: name } },
      child,
    );
    const certificate = new tls.LocallySignedCert(
      `client-${suffix}`,
      {
        certRequestPem: request.certRequestPem,
        caPrivateKeyPem: authorityKey.privateKeyPem,
        caCertPem: authority.certPem,
        allowedUses: ["digital_signature", "client_auth"],
        setSubjectKeyId: true,
        validityPeriodHours: settings.days * 24,
      },
      child,
    );
    return new IssuedPair(name, generation, certificate.certPem, key.privateKeyPem);
  }

  /** When the list of serial numbers became this one, which is kept in the state. */
  #listIssued(serials: readonly string[]): pulumi.Output<string> {
    const listed = new random.RandomUuid(
      `revocations-${digest([...serials].sort())}`,
      { keepers: { issued: new Date().toISOString() } },
      { parent: this, ignoreChanges: ["keepers"] },
    );
    return listed.keepers.apply((keepers) => keepers?.issued ?? "");
  }
}

/** Issues certificates to the users of listeners that ask for some, if there are any. */
export function issueClientCertificates(name: string, settings: Settings): ClientAuthority | undefined {
  const uses = settings.clientCertificates;
  if (!areUsed(uses)) return undefined;
  const users = Object.entries(settings.users).filter(([, { listeners }]) =>
    needsCertificate(listeners, uses),
  );
  return new ClientAuthority(name, { settings: uses, users: Object.fromEntries(users) });
}

/** A certificate and its key, as they come to be. */
class IssuedPair {
  readonly name: string;
  readonly generation: number;
  readonly certificate: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;

  constructor(
    name: string,
    generation: number,
    certificate: pulumi.Output<string>,
    key: pulumi.Output<string>,
  ) {
    this.name = name;
    this.generation = generation;
    this.certificate = certificate;
    this.key = key;
  }

  describe(): pulumi.Output<ClientCertificate> {
    return this.certificate.apply((pem) => {
      const certificate = new X509Certificate(pem);
      return {
        name: this.name,
        generation: this.generation,
        serial: certificate.serialNumber,
        issued: new Date(certificate.validFrom).toISOString(),
        expires: new Date(certificate.validTo).toISOString(),
      };
    });
  }
}
