import type { z } from "zod";
import type { AccessRule } from "../mosquitto/acl.ts";
import {
  type ClientCertificateUses,
  certificateListeners,
  needsCertificate,
  useOn,
} from "../mosquitto/client-certificate.ts";
import { type ListenerName, listenerNames } from "../mosquitto/listener.ts";
import { hasPlaceholder } from "../mosquitto/pattern.ts";
import { grantedRules, type Roles } from "../mosquitto/role.ts";
import { accessContradictions } from "./access-contradictions.ts";
import { toRoles } from "./access-settings.ts";
import { namesOn } from "./listener-settings.ts";
import { visible } from "./mend.ts";
import { type Mend, removal, type SettingPath, THINK, valueAt } from "./mend-plan.ts";
import { nearestWord } from "./near-word.ts";
import { toRules } from "./rights-settings.ts";
import { rules } from "./setting-rules.ts";
import { isName, renamed } from "./user-names.ts";

/**
 * Says of roles and of users what is wrong with how they refer to each other: unknown roles, roles that refer
 * to themselves, and rules that contradict.
 *
 * It is called where parts have mistakes of their own as well, and judges what is right beside them.
 */
export function checkAccess(given: unknown, context: z.RefinementCtx): void {
  const users = Object.entries(Object(valueAt(given, ["users"])));
  const roles = toRoles(valueAt(given, ["roles"]));
  const faults = [
    ...Object.keys(roles).flatMap((name) => roleFaults(name, given, roles)),
    ...circles(given, roles),
    ...clientIdFaults(given),
    ...offCertificateFaults(given),
    ...users.flatMap(([name]) => userFaults(name, given, roles)),
    ...accessContradictions(given),
  ];
  for (const { path, message, input, mend } of faults) {
    context.addIssue({
      code: "custom",
      message,
      path: [...path],
      input,
      ...(mend === undefined ? {} : { params: { mend: () => mend } }),
    });
  }
}

/** A mistake, where it stands, and how it is mended where that is not by its removal or by its rule's example. */
export interface AccessFault {
  readonly path: SettingPath;
  readonly message: string;
  readonly input?: unknown;
  readonly mend?: Mend;
}

function roleFaults(name: string, given: unknown, roles: Roles): readonly AccessFault[] {
  const path = ["roles", name];
  const named = isName(name) ? [] : [{ path, message: rules.roleName.allowed, mend: renamed(path) }];
  return [...named, ...unknownRoles(path, given, roles)];
}

function userFaults(name: string, given: unknown, roles: Roles): readonly AccessFault[] {
  const path = ["users", name];
  const user: Readonly<Record<string, unknown>> = Object(valueAt(given, path));
  const { connections, rotation, listeners } = user;
  const on = namesOn(valueAt(given, ["listeners"]));
  const free = valueAt(given, ["clientIds"]) !== "own";
  const many = typeof connections === "number" && connections > 1 && free;
  const twoNames = rotation === "overlap" && sharedPatterns(given).some(isPerUserAndClient);
  return [
    ...(many
      ? [{ path: [...path, "connections"], message: rules.freeWorkers.allowed, input: connections }]
      : []),
    ...unknownRoles(path, given, roles),
    ...(twoNames ? [{ path: [...path, "rotation"], message: TWO_NAMES, input: rotation }] : []),
    ...offFaults(path, listeners, on),
    ...certificateFaults(path, listeners, on, usesOf(given)),
  ];
}

function unknownRoles(path: SettingPath, given: unknown, roles: Roles): readonly AccessFault[] {
  const names: unknown = valueAt(given, [...path, "roles"]);
  const known = Object.keys(roles).map(visible);
  const there = known.length === 0 ? "there is none" : `there is ${known.join(", ")}`;
  return (Array.isArray(names) ? names : []).flatMap((name: unknown, index) => {
    if (typeof name !== "string" || Object.hasOwn(roles, name)) return [];
    const near = nearestWord(name, Object.keys(roles));
    const meant = near === undefined ? "" : `; ${visible(near)} is near`;
    const message = `it is no role of naboom-mqtt:roles, where ${there}${meant}`;
    // The role that was meant may deny something.
    return [{ path: [...path, "roles", index], message, input: name, mend: THINK }];
  });
}

/** The references that close a circle of roles, each once: without them, all others stand. */
function circles(given: unknown, roles: Roles): readonly AccessFault[] {
  const found: AccessFault[] = [];
  const seen = new Set<string>();
  const visit = (name: string, way: readonly string[]) => {
    seen.add(name);
    const names: unknown = valueAt(given, ["roles", name, "roles"]);
    for (const [index, other] of (Array.isArray(names) ? names : []).entries()) {
      if (typeof other !== "string" || !Object.hasOwn(roles, other)) continue;
      const start = way.indexOf(other);
      if (start >= 0) {
        const path = ["roles", name, "roles", index];
        const circle = [...way.slice(start), other].map(visible).join(" -> ");
        const message = `a role does not refer to itself, nor through others (${circle})`;
        // Without the reference, a deny that it brings would be gone.
        const denies = grantedRules("", { rules: [], patterns: [], roles: [other] }, roles).some(
          ({ access }) => access === "deny",
        );
        found.push({ path, message, input: other, mend: denies ? THINK : removal(path) });
      } else if (!seen.has(other)) visit(other, [...way, other]);
    }
  };
  for (const name of Object.keys(roles)) if (!seen.has(name)) visit(name, [name]);
  return found;
}

/** What own client ids, and certificates as the identity, leave no room for. */
function clientIdFaults(given: unknown): readonly AccessFault[] {
  const uses = usesOf(given);
  const identities = certificateListeners.filter((name) => uses[name] === "identity");
  const clientIds = valueAt(given, ["clientIds"]);
  const own = clientIds === "own";
  const clash: AccessFault[] =
    own && identities.length > 0
      ? [
          {
            path: ["clientIds"],
            message: rules.ownIdentity.allowed,
            input: clientIds,
            mend: besidesPassword(identities),
          },
        ]
      : [];
  if (!own && identities.length === 0) return clash;
  const patterns = sharedPatterns(given).filter(isPerUserAndClient);
  const named = patterns.map(({ access, filter }) => {
    const list = valueAt(given, ["patterns", access]) as readonly unknown[];
    const path = ["patterns", access, list.indexOf(filter)];
    return { path, message: ACCOUNT_NAMES, input: filter, mend: access === "deny" ? THINK : removal(path) };
  });
  return [...clash, ...named];
}

/** Nobody but a person can tell where else a user is to be let in, or whether it is to be let in at all. */
function offFaults(path: SettingPath, given: unknown, on: readonly ListenerName[]): readonly AccessFault[] {
  const named = listenerNames.filter((name) => Array.isArray(given) && given.includes(name));
  if (named.length === 0 || on.length === 0 || named.some((name) => on.includes(name))) return [];
  const message =
    `no listener is left for this user, since ${named.join(" and ")} ${named.length === 1 ? "is" : "are"} off ` +
    `(naboom-mqtt:listeners); name one that is on (${on.join(", ")}), turn one of the user's on, or remove the user`;
  return [{ path: [...path, "listeners"], message, input: given, mend: THINK }];
}

/** Certificates that an off listener asks for are a contradiction: either may be what was meant. */
function offCertificateFaults(given: unknown): readonly AccessFault[] {
  const on = namesOn(valueAt(given, ["listeners"]));
  const uses = usesOf(given);
  return certificateListeners
    .filter((name) => uses[name] !== "none" && !on.includes(name))
    .map((name) => ({
      path: ["clientCertificates", name],
      message: `naboom-mqtt:listeners.${name} is off, so nobody can show a certificate there; take one of the two out`,
      input: uses[name],
      mend: THINK,
    }));
}

/** With identity, the broker lets in whoever has a certificate, and looks at no list of users. */
function certificateFaults(
  path: SettingPath,
  given: unknown,
  on: readonly ListenerName[],
  uses: ClientCertificateUses,
): readonly AccessFault[] {
  const own = on.filter((name) => given === undefined || (Array.isArray(given) && given.includes(name)));
  if (!needsCertificate(own, uses)) return [];
  const missing = certificateListeners.filter(
    (listener) => useOn(listener, uses) === "identity" && on.includes(listener) && !own.includes(listener),
  );
  if (missing.length === 0) return [];
  const message = `with identity, its certificate would let it in on ${missing.join(" and ")} as well; list that too, or have certificates besides the password there`;
  return [{ path: [...path, "listeners"], message, input: given, mend: besidesPassword(missing) }];
}

/** Lets nobody in who would not be let in as it is: a certificate is still asked for, and a password too. */
function besidesPassword(listeners: readonly string[]): Mend {
  return {
    order: "set",
    steps: () => listeners.map((name) => ({ set: ["clientCertificates", name], to: "besides-password" })),
  };
}

const TWO_NAMES =
  "a pattern with both %u and %c has the account's name in it, which changes with an overlapping rotation; it is replace here";

const ACCOUNT_NAMES =
  "with own client ids, or with certificates as the identity, %u and %c are names of accounts; one of the two is enough in a pattern";

function isPerUserAndClient({ filter }: AccessRule): boolean {
  return hasPlaceholder(filter, "user") && hasPlaceholder(filter, "client");
}

function sharedPatterns(given: unknown): readonly AccessRule[] {
  return toRules(valueAt(given, ["patterns"]), "sharedPatterns");
}

function usesOf(given: unknown): ClientCertificateUses {
  const uses = Object(valueAt(given, ["clientCertificates"]));
  return { mqtts: uses.mqtts ?? "none", wss: uses.wss ?? "none" };
}
