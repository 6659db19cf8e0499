import type { PolicyChange } from "./policy-change.ts";
import type { TakenOver } from "./taken-over.ts";

/** Certificates as a record of what was taken over has them. */
type Certificates = TakenOver["certificates"];

/** The server's certificate and its CA as an update delivers them. */
export type WantedCertificates = Omit<Certificates, "serverExpires" | "protectedAuthority">;

/** Each thing that changes of the server's certificate and its CA, and who is refused by it. */
export function certificateChanges(
  wanted: WantedCertificates,
  { certificates: before }: Pick<TakenOver, "certificates">,
): PolicyChange[] {
  const own = wanted.own ?? null;
  // Records of before it was written down do not tell.
  const hadOwn = before.own === undefined ? own : before.own;
  if (own !== null) return hadOwn === null ? [MOVED_TO_OWN] : ownChanges(own, hadOwn);
  if (hadOwn !== null) return [MOVED_TO_STACK];
  return [
    ...generationChanges(wanted, before),
    ...(wanted.renewals > before.renewals ? [renewal(before)] : []),
    ...validityChanges(wanted, before),
    ...nameChanges(wanted.names, before.names),
  ];
}

const NOBODY = "nobody is disconnected";

const MOVED_TO_OWN = change(
  "the server's certificate is your own from now on, and the stack's CA is deleted; clients that do not trust your " +
    "certificate's CA are refused from now on",
  "the server's certificate is your own now, and the stack's CA was deleted; clients that do not trust your " +
    "certificate's CA are refused",
);

const MOVED_TO_STACK = change(
  "the server's certificate is from a new CA of the stack from now on; clients that do not trust it are refused from now on",
  "the server's certificate is from a new CA of the stack now; clients that do not trust it are refused",
);

const OTHER_CERTIFICATE = change(
  `your own certificate is another one from now on, and ${NOBODY}`,
  "your own certificate was replaced by another one",
);

const OTHER_AUTHORITY = change(
  "what clients have to trust (certificates.own.authority) is another text; clients that trust only what was there " +
    "before may be refused from now on",
  "what clients have to trust (certificates.own.authority) is another text now; clients that trust only what was there " +
    "before may be refused",
);

const SECOND_AUTHORITY = change(
  "a new CA is issued beside the old one; clients have to trust both before the rotation is finished",
  "a new CA was issued beside the old one; clients have to trust both before the rotation is finished",
);

const NEW_CERTIFICATE = change(
  `the server's certificate and key are new, and ${NOBODY}`,
  "the server got a new certificate and key",
);

/** Clients that are connected stay so, whatever the certificate becomes. */
function change(ahead: string, done: string): PolicyChange {
  return Object.freeze({ ahead, done, disconnects: false });
}

type Own = NonNullable<Certificates["own"]>;

function ownChanges(own: Own, before: Own | null): PolicyChange[] {
  if (before === null) return [];
  return [
    ...(own.chain === before.chain ? [] : [OTHER_CERTIFICATE]),
    ...(own.authority === before.authority ? [] : [OTHER_AUTHORITY]),
  ];
}

function generationChanges(wanted: WantedCertificates, before: Certificates): PolicyChange[] {
  const issued = wanted.authorityGeneration > before.authorityGeneration;
  const moved = wanted.authorityInForce > before.authorityInForce;
  const refused = "clients that do not trust it yet are refused";
  return [
    ...(issued && !moved ? [SECOND_AUTHORITY] : []),
    ...(moved
      ? [
          change(
            `the server's certificate moves to CA ${wanted.authorityInForce}; ${refused} from now on`,
            `the server's certificate moved to CA ${wanted.authorityInForce}; ${refused}`,
          ),
        ]
      : []),
    ...(wanted.serverGeneration > before.serverGeneration ? [NEW_CERTIFICATE] : []),
  ];
}

function renewal({ serverExpires }: Certificates): PolicyChange {
  return change(
    `the server's certificate ends on ${serverExpires}, so it is renewed, and ${NOBODY}`,
    `the server's certificate would have expired on ${serverExpires}, so it was renewed`,
  );
}

/** The CA's key stays, so that whoever trusts its certificate of before trusts what it signs (RFC 5280, 6.1.3). */
function validityChanges(wanted: WantedCertificates, before: Certificates): PolicyChange[] {
  const { authorityDays, serverDays } = wanted;
  const other = (days: number | undefined, had: number | undefined) =>
    days !== undefined && had !== undefined && days !== had;
  const detail = "with the key that it has, and the server's with it";
  const trust = "clients that trust the CA's certificate of before can go on with it until it ends";
  const authority = `issued anew for ${authorityDays} days, ${detail}; ${trust}`;
  const server = `issued anew for ${serverDays} days`;
  return [
    ...(other(authorityDays, before.authorityDays)
      ? [
          change(
            `the CA's certificate is ${authority}, and ${NOBODY}`,
            `the CA's certificate was ${authority}`,
          ),
        ]
      : []),
    ...(other(serverDays, before.serverDays)
      ? [
          change(
            `the server's certificate is ${server}, and ${NOBODY}`,
            `the server's certificate was ${server}`,
          ),
        ]
      : []),
  ];
}

function nameChanges(
  names: readonly string[] | undefined,
  before: readonly string[] | undefined,
): PolicyChange[] {
  if (names === undefined || before === undefined || before.join() === names.join()) return [];
  const gone = before.filter((name) => !names.includes(name));
  const refused = gone.length > 0 ? `; clients that connect to ${gone.join(", ")} are refused` : "";
  const issued = `issued anew for ${names.join(", ")}`;
  return [
    change(
      `the server's certificate is ${issued}, and ${NOBODY}${refused === "" ? "" : `${refused} from now on`}`,
      `the server's certificate was ${issued}${refused}`,
    ),
  ];
}
