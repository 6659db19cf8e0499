import fc from "fast-check";
import { expect, it } from "vitest";
import { renderConfiguration } from "./configuration.ts";
import { defaultLimits } from "./limits.ts";

it("has each listener refuse anonymous clients and use both plugins, whatever the limits are", () => {
  const count = fc.integer({ min: 1, max: 1e6 });
  fc.assert(
    fc.property(fc.integer({ min: 20, max: 1e6 }), count, count, (packetBytes, connections, memoryBytes) => {
      const limits = { ...defaultLimits, packetBytes, connectionsPerListener: connections };
      const [global = "", ...sections] = renderConfiguration({
        limits,
        memoryBytes,
        autosaveSeconds: 60,
      }).split(/^listener /m);
      expect(global).toMatch(/^allow_anonymous false$/m);
      expect(sections).toHaveLength(4);
      for (const section of sections) {
        expect(section).toMatch(/^listener_allow_anonymous false$/m);
        expect(section).toMatch(/^plugin_use password-\w+$/m);
        expect(section).toMatch(/^plugin_use acl$/m);
      }
    }),
  );
});
