import { z } from "zod";
import { clientCertificateUses } from "../mosquitto/client-certificate.ts";
import { type SettingPath, setting } from "./mend-plan.ts";
import { rules, section, whole } from "./setting-rules.ts";

const use = z.enum(clientCertificateUses, rules.certificateUse.allowed).default("none");

/** Clients' certificates, and what the TLS listeners make of them. */
export const clientCertificateSettings = section({
  /** What mqtts makes of them: none, besides-password or identity. @default none */
  mqtts: use,
  /** The same of wss. @default none */
  wss: use,
  /** Days for which a certificate is valid. @default 365 */
  days: whole(rules.days, 1, 36_500).default(365),
  /** Days for which their authority is valid. @default 3650 */
  authorityDays: whole(rules.days, 1, 36_500).default(3_650),
  /** Raised, all certificates are issued anew by a new authority, and the broker restarts. @default 1 */
  authorityGeneration: whole(rules.generation, 1, 1_000_000).default(1),
  /** The serial numbers of certificates that are taken back, by the certificates' names. @default none */
  revoked: z
    .record(
      z.string(),
      z.string(rules.serial.allowed).regex(/^[0-9A-Fa-f]{1,40}$/, rules.serial.allowed),
      rules.object.allowed,
    )
    .default({}),
})
  .superRefine(({ days, authorityDays }, context) => {
    if (days <= authorityDays) return;
    const message = `a client's certificate ends no later than its authority's, after ${authorityDays} days`;
    // The default may be too much as well.
    const params = { mend: (path: SettingPath) => setting(path, authorityDays) };
    context.addIssue({ code: "custom", message, path: ["days"], input: days, params });
  })
  .prefault({});

export type ClientCertificateSettings = Readonly<z.output<typeof clientCertificateSettings>>;
