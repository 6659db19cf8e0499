import fc from "fast-check";
import { expect, it } from "vitest";
import { commonLevels } from "./neighbouring-topics.ts";
import { RelatedTopics } from "./related-topics.ts";

const topic = fc
  .array(fc.constantFrom("a", "b", "c", "a-b", "ab"), { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join("/"));

it("related topics come in the order of the levels that they have in common with a filter, each once", () => {
  fc.assert(
    fc.property(fc.uniqueArray(topic, { maxLength: 40 }), topic, (topics, filter) => {
      const nearest = [...new RelatedTopics(topics).nearest(filter)];
      expect(nearest.toSorted()).toEqual(topics.toSorted());
      const levels = nearest.map((each) => commonLevels(filter, each));
      expect(levels).toEqual(levels.toSorted((one, other) => other - one));
    }),
  );
});
