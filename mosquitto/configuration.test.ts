import fc from "fast-check";
import { expect, it } from "vitest";
import { noClientCertificates } from "./client-certificate.ts";
import { renderConfiguration } from "./configuration.ts";
import { defaultLimits } from "./limits.ts";
import { listenerNames } from "./listener.ts";

it("has each listener refuse anonymous clients and use both plugins, whatever the limits are", () => {
  const count = fc.integer({ min: 1, max: 1e6 });
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 1e6 }), count, count, (packetBytes, connections, memoryBytes) => {
      const limits = { ...defaultLimits, packetBytes, connectionsPerListener: connections };
      const [global = "", ...sections] = renderConfiguration({
        listeners: listenerNames,
        limits,
        memoryBytes,
        sync: "normal" as const,
        clientCertificates: noClientCertificates,
        clientIds: "free",
        origins: [],
      }).split(/^listener /m);
      expect(global).toMatch(/^allow_anonymous false$/m);
      expect(global).toMatch(/^global_plugin \S+_acl_file\.so\nplugin_opt_acl_file \S+\/acl$/m);
      expect(sections).toHaveLength(listenerNames.length + 1);
      for (const section of sections) {
        expect(section).toMatch(/^listener_allow_anonymous false$/m);
        expect(section).toMatch(/^plugin_use password-\w+$/m);
      }
    }),
  );
});

it("asks for certificates on the TLS listeners that are to, and names users by them with identity only", () => {
  const sections = renderConfiguration({
    listeners: listenerNames,
    limits: defaultLimits,
    memoryBytes: 4e8,
    sync: "normal" as const,
    clientCertificates: { mqtts: "identity", wss: "besides-password" },
    clientIds: "free",
    origins: [],
  }).split(/^listener /m);
  const asking = sections.filter((section) => /^require_certificate true$/m.test(section));
  expect(asking.map((section) => section.slice(0, 4))).toEqual(["8883", "8884"]);
  expect(asking.map((section) => /^use_identity_as_username (.*)$/m.exec(section)?.[1])).toEqual([
    "true",
    "false",
  ]);
  for (const section of asking) expect(section).toMatch(/^crlfile .*client\.crl$/m);
});

it("has a client's id be its account's name on every listener, or on none", () => {
  const idsOf = (clientIds: "free" | "own") =>
    renderConfiguration({
      listeners: listenerNames,
      limits: defaultLimits,
      memoryBytes: 4e8,
      sync: "normal" as const,
      clientCertificates: noClientCertificates,
      clientIds,
      origins: [],
    }).match(/^use_username_as_clientid true$/gm)?.length ?? 0;
  expect([idsOf("free"), idsOf("own")]).toEqual([0, 5]);
});

it("binds the internal listener, and no other, to the container's own loopback address", () => {
  const text = renderConfiguration({
    listeners: listenerNames,
    limits: { ...defaultLimits, connectionsPerListener: 1_000 },
    memoryBytes: 4e8,
    sync: "normal" as const,
    clientCertificates: { mqtts: "identity", wss: "identity" },
    clientIds: "free",
    origins: [],
  });
  const bound = [...text.matchAll(/^listener (\d+) (.*)$/gm)].map(([, port, address]) => [port, address]);
  expect(bound).toEqual([["8885", "127.0.0.1"]]);
  const internal = text.slice(text.indexOf("listener 8885"));
  expect(internal).toMatch(/^certfile /m);
  expect(internal).toMatch(/^max_connections 10$/m);
  expect(internal).not.toContain("require_certificate");
});

it("has nothing of a listener that is off", () => {
  const text = renderConfiguration({
    listeners: ["mqtts"],
    limits: defaultLimits,
    memoryBytes: 4e8,
    sync: "normal" as const,
    clientCertificates: noClientCertificates,
    clientIds: "free",
    origins: [],
  });
  expect([...text.matchAll(/^listener (\d+)/gm)].map(([, port]) => port)).toEqual(["8883", "8885"]);
  expect([...text.matchAll(/^plugin_load password-(\w+) /gm)].map(([, name]) => name)).toEqual([
    "mqtts",
    "internal",
  ]);
});
