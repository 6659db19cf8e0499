import type { StackOutputs } from "../infra/contract.ts";
import type { Check } from "./proof.ts";

/** What stands in the place of a secret. */
export const REDACTED = "[secret]";

export type Redaction = (text: string) => string;

/**
 * Makes the one function that all text of a proof goes through: no password of the stack comes out of it,
 * neither plain nor as a URL, JSON, Base64 or hexadecimal digits would have it.
 */
export function createRedaction({
  credentials,
  proofCredentials,
}: Pick<StackOutputs, "credentials" | "proofCredentials">): Redaction {
  const logIns = [
    ...Object.values(credentials).flatMap((credential) => [credential, ...credential.connections]),
    ...Object.values(proofCredentials).flat(),
  ];
  const secrets = logIns
    .flatMap(({ username, password }) => [...forms(password), ...forms(`${username}:${password}`)])
    .filter((form) => form !== "")
    .sort((one, other) => other.length - one.length);
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, REDACTED), text);
}

function forms(password: string): string[] {
  const bytes = Buffer.from(password);
  return [
    password,
    encodeURIComponent(password),
    JSON.stringify(password).slice(1, -1),
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    bytes.toString("hex"),
  ];
}

/** Every free text of a check, redacted. */
export function redacted(check: Check, redact: Redaction): Check {
  const entries = Object.entries(check).map(([key, value]) => [
    key,
    TEXTS.has(key) && typeof value === "string" ? redact(value) : value,
  ]);
  return Object.fromEntries(entries) as Check;
}

const TEXTS: ReadonlySet<string> = new Set<keyof Check>(["name", "reason", "expected", "seen"]);
