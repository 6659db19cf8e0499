import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { authorize } from "./authorization.ts";
import { mutants } from "./authorization-mutants.ts";
import { type AccessRequest, requestsOf, scenarios } from "./authorization-scenario.ts";
import { topicFilterFault } from "./topic-filter.ts";

describe("a scenario", () => {
  it("is one that an ACL file and a broker can take", () => {
    fc.assert(
      fc.property(scenarios(), ({ acl, clients, topics }) => {
        const rules = [...acl.users.flatMap((user) => user.rules), ...acl.patterns];
        expect(rules.map(({ filter }) => topicFilterFault(filter)).filter(Boolean)).toEqual([]);
        expect(acl.users.every(({ name }) => name === name.trim() && name !== "")).toBe(true);
        expect(topics.every((topic) => /^(?!\$share\/|\$CONTROL\/)[^+#]+$/u.test(topic))).toBe(true);
        expect(new Set(clients.map(({ clientId }) => clientId)).size).toBe(clients.length);
      }),
    );
  });

  // A fixed seed: a chance in a million is one too many for a test.
  const requests = fc.sample(scenarios(), { numRuns: 1_500, seed: 1 }).flatMap(requestsOf);

  it.each(Object.entries(mutants))("is soon found that tells a model in which %s", (_name, mutant) => {
    const tells = (request: AccessRequest) => {
      const { acl, client, access, topic } = request;
      return mutant(request) !== authorize(acl, client, access, topic).allowed;
    };
    expect(requests.some(tells)).toBe(true);
  });
});
