import type { StackOutputs } from "./contract.ts";
import { runCommand } from "./mend.ts";

/** Something of a stack that has to be rotated some day. */
export interface Due {
  readonly what: string;
  /** The day by which, ISO 8601. */
  readonly by: string;
  /** Whether that day has come, or a policy's day. */
  readonly overdue: boolean;
  /** What rotates it. */
  readonly command: string;
}

const DAY = 86_400_000;

/** A CA is replaced at a person's pace: clients have to be given the new one. */
const AUTHORITY_NOTICE_DAYS = 90;

/** Everything of a stack that has a date, the next one first. */
export function dues(outputs: StackOutputs, now: Date): readonly Due[] {
  const { certificates, policy } = outputs;
  const stack = stackOf(outputs);
  const issued = new Date(certificates.serverIssued);
  const renewal = addDays(new Date(certificates.serverExpires), -certificates.renewalDays);
  const certificate = earliest(
    renewal,
    policy.maxCertificateAge === undefined ? undefined : addDays(issued, policy.maxCertificateAge),
  );
  const up = runCommand(stack, "up");
  const rotation = certificate === renewal ? up : runCommand(stack, "rotate", "server-certificate");
  const brought = `${up}, once certificates.own is a new one`;
  const all = [
    due("server certificate", certificate, certificates.own ? brought : rotation, now),
    due(
      "CA",
      authorityNotice(certificates),
      certificates.own ? brought : runCommand(stack, "rotate", "ca"),
      now,
    ),
    ...passwords(outputs, stack, now),
    ...clientCertificates(outputs, stack, now),
  ];
  return all.sort((a, b) => a.by.localeCompare(b.by));
}

function passwords({ policy, users }: StackOutputs, stack: string, now: Date): Due[] {
  const age = policy.maxPasswordAge;
  if (age === undefined) return [];
  return Object.entries(users).map(([name, { passwordIssued }]) =>
    due(
      `password of ${name}`,
      addDays(new Date(passwordIssued), age),
      runCommand(stack, "rotate", "users", name),
      now,
    ),
  );
}

/** A client's current certificate, a third of its validity before its end, so that there is time to hand a new one out. */
function clientCertificates({ users, policy }: StackOutputs, stack: string, now: Date): Due[] {
  return Object.entries(users).flatMap(
    ([
      user,
      {
        certificates: [current],
      },
    ]) => {
      if (current === undefined) return [];
      const [issued, expires] = [new Date(current.issued), new Date(current.expires)];
      const notice = addDays(expires, -(expires.getTime() - issued.getTime()) / 3 / DAY);
      const age = policy.maxCertificateAge;
      const by = earliest(notice, age === undefined ? undefined : addDays(issued, age));
      const command = runCommand(stack, "rotate", "client-certificate", user);
      return [due(`client certificate ${current.name}`, by, command, now)];
    },
  );
}

/** The stack's name, which is a part of its broker's container's name and of nothing else in the outputs. */
function stackOf({ broker }: StackOutputs): string {
  return broker.container.replace(/^naboom-mqtt-(.+)-broker$/, "$1");
}

/** 90 days before the CA's end, or a third of its validity where that is less. */
function authorityNotice({ authorityIssued, authorityExpires }: StackOutputs["certificates"]): Date {
  const [issued, expires] = [Date.parse(authorityIssued), Date.parse(authorityExpires)];
  return addDays(new Date(expires), -Math.min(AUTHORITY_NOTICE_DAYS, (expires - issued) / 3 / DAY));
}

function due(what: string, by: Date, command: string, now: Date): Due {
  return { what, by: by.toISOString(), overdue: by <= now, command };
}

function earliest(first: Date, second: Date | undefined): Date {
  return second === undefined || first < second ? first : second;
}

function addDays(date: Date, days: number): Date {
  return new Date(date.getTime() + days * DAY);
}
