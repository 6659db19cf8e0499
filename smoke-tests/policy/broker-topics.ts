/**
 * Topics on which Mosquitto 2.1 has a retained message from its start on; all but the first two change with what
 * its clients do (`src/sys_tree.c` of 2.1.2).
 */
export const brokerTopics: readonly string[] = Object.freeze(
  [
    ...["version", "uptime", "clients/connected", "clients/total", "clients/maximum", "clients/disconnected"],
    ...["messages/received", "messages/sent", "messages/stored", "bytes/received", "bytes/sent"],
    ...[
      "subscriptions/count",
      "retained messages/count",
      "publish/messages/received",
      "publish/messages/sent",
    ],
    ...["publish/messages/dropped", "publish/bytes/received", "publish/bytes/sent", "store/messages/bytes"],
    ...[
      "load/messages/received/1min",
      "load/messages/sent/1min",
      "load/connections/1min",
      "load/sockets/1min",
    ],
    ...["load/bytes/received/1min", "load/bytes/sent/1min", "load/publish/dropped/1min"],
    ...["load/publish/received/1min", "load/publish/sent/1min"],
  ].map((name) => `$SYS/broker/${name}`),
);

/** Whether a filter is about what only the broker itself writes. */
export function isAboutTheBroker(filter: string): boolean {
  return /^\$SYS(\/|$)/.test(filter);
}
