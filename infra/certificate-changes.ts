import type { CertificateSettings } from "./certificate-settings.ts";
import type { TakenOver } from "./taken-over.ts";

/** Certificates as a record of what was taken over has them. */
type Certificates = TakenOver["certificates"];

/** What an update is about to deliver. */
export interface WantedCertificates {
  readonly settings: CertificateSettings;
  readonly renewals: number;
  /** Of the user's own certificate; null where the stack issues one. */
  readonly own: NonNullable<Certificates["own"]> | null;
}

/** A sentence for each thing that changes of the server's certificate and its CA, and who is refused by it. */
export function certificateChanges(
  wanted: WantedCertificates,
  { certificates: before }: TakenOver,
): string[] {
  const { own } = wanted;
  // Records of before it was written down do not tell.
  const hadOwn = before.own === undefined ? own : before.own;
  if (own !== null) return hadOwn === null ? [MOVED_TO_OWN] : ownChanges(own, hadOwn);
  if (hadOwn !== null) return [MOVED_TO_STACK];
  return [
    ...generationChanges(wanted.settings, before),
    ...renewalChange(wanted.renewals, before),
    ...validityChanges(wanted.settings, before),
    ...nameChanges(wanted.settings.names, before.names),
  ];
}

const MOVED_TO_OWN =
  "the server's certificate is your own from now on, and the stack's CA is deleted; clients that do not trust your " +
  "certificate's CA are refused from now on";

const MOVED_TO_STACK =
  "the server's certificate is from a new CA of the stack from now on; clients that do not trust it are refused from now on";

const NOBODY = "nobody is disconnected";

function ownChanges(own: NonNullable<WantedCertificates["own"]>, before: typeof own | null): string[] {
  if (before === null) return [];
  return [
    ...(own.chain === before.chain ? [] : [`your own certificate is another one from now on, and ${NOBODY}`]),
    ...(own.authority === before.authority
      ? []
      : [
          "what clients have to trust (certificates.own.authority) is another text; clients that trust only what was there " +
            "before may be refused from now on",
        ]),
  ];
}

function generationChanges(wanted: CertificateSettings, before: Certificates): string[] {
  const issued = wanted.authorityGeneration > before.authorityGeneration;
  const moved = wanted.authorityInForce > before.authorityInForce;
  return [
    ...(issued && !moved
      ? ["a new CA is issued beside the old one; clients have to trust both before the rotation is finished"]
      : []),
    ...(moved
      ? [
          `the server's certificate moves to CA ${wanted.authorityInForce}; clients that do not trust it yet are refused from now on`,
        ]
      : []),
    ...(wanted.serverGeneration > before.serverGeneration
      ? [`the server's certificate and key are new, and ${NOBODY}`]
      : []),
  ];
}

function renewalChange(renewals: number, before: Certificates): string[] {
  if (renewals <= before.renewals) return [];
  return [`the server's certificate ends on ${before.serverExpires}, so it is renewed, and ${NOBODY}`];
}

/** The CA's key stays, so that whoever trusts its certificate of before trusts what it signs (RFC 5280, 6.1.3). */
function validityChanges(wanted: CertificateSettings, before: Certificates): string[] {
  const { authorityDays, serverDays } = wanted;
  return [
    ...(before.authorityDays === undefined || before.authorityDays === authorityDays
      ? []
      : [
          `the CA's certificate is issued anew for ${authorityDays} days, with the key that it has, and the server's with it; ` +
            `clients that trust the CA's certificate of before can go on with it until it ends, and ${NOBODY}`,
        ]),
    ...(before.serverDays === undefined || before.serverDays === serverDays
      ? []
      : [`the server's certificate is issued anew for ${serverDays} days, and ${NOBODY}`]),
  ];
}

function nameChanges(names: readonly string[], before: readonly string[] | undefined): string[] {
  if (before === undefined || before.join() === names.join()) return [];
  const gone = before.filter((name) => !names.includes(name));
  const refused =
    gone.length > 0 ? `; clients that connect to ${gone.join(", ")} are refused from now on` : "";
  return [`the server's certificate is issued anew for ${names.join(", ")}, and ${NOBODY}${refused}`];
}
