/** The settings of the stack that is tampered with; each user has something that the others do not. */
export const mutatedPolicy = Object.freeze({
  roles: { community: { read: ["naboom/community/#"] } },
  patterns: { readwrite: ["naboom/devices/%c/#"] },
  users: {
    service: {
      readwrite: ["naboom/community/#", "naboom/notifications/#"],
      write: ["naboom/system/#", "naboom/alerts/#"],
      listeners: ["mqtt", "mqtts"],
    },
    publisher: {
      write: ["naboom/community/+/posts", "naboom/alerts/drill"],
      deny: ["naboom/community/private/#"],
      listeners: ["mqtts"],
    },
    web: { roles: ["community"], listeners: ["ws", "wss"] },
    monitor: {
      read: ["naboom/system/#", "naboom/alerts/#", "naboom/wishes/of the day", "$SYS/broker/uptime"],
      listeners: ["mqtts"],
    },
    // Two accounts: fleet-b, the current one, and fleet, which works until it is retired.
    fleet: { readwrite: ["naboom/fleet/#"], rotation: "overlap", generation: 2 },
    operator: { readwrite: ["#"], deny: ["naboom/system/secret/+"] },
  },
});
