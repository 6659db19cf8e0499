import type { AccessControlList, AccessRule } from "./acl.ts";
import { authorize, filterMatches } from "./authorization.ts";
import type { AccessRequest } from "./authorization-scenario.ts";

/** Whether a client may do what it wants; what a model of Mosquitto's rules comes down to. */
export type Model = (request: AccessRequest) => boolean;

const model: Model = ({ acl, client, access, topic }) => authorize(acl, client, access, topic).allowed;

/**
 * Models that are wrong in one thing each, named by what holds in them: a comparison with a broker that is worth
 * its name finds every one.
 */
export const mutants: Readonly<Record<string, Model>> = Object.freeze({
  "everything is allowed": () => true,
  "everything is denied": () => false,
  "a deny counts for nothing": (request) =>
    model(withRules(request, (rules) => rules.filter(({ access }) => access !== "deny"))),
  "a deny counts only where it stands": (request) => model(withRules(request, withoutLateDenies(request))),
  "the first rule about a topic decides, for reading and writing": (request) =>
    model(withRules(request, withoutLaterAllows(request))),
  "a pattern's deny wins over a user's own allow": (request) =>
    model(request) && decision(withSections(request, () => [])).rule?.access !== "deny",
  "patterns are not for users with a section": (request) =>
    model(withPatterns(request, (patterns) => (hasSection(request) ? [] : patterns))),
  "patterns are only for users with a section": (request) =>
    model(withPatterns(request, (patterns) => (hasSection(request) ? patterns : []))),
  "of two sections with one name the first counts": (request) =>
    model(
      withSections(request, (users) =>
        users.filter((user) => user === users.find(({ name }) => name === user.name)),
      ),
    ),
  "wildcards reach topics that begin with $": (request) =>
    decision(request).by !== "reserved topic" &&
    model(withTexts(request, (text) => text.replace(/^\$/, "€"))),
  "writing to $SYS follows the rules": (request) =>
    model(withTexts(request, (text) => text.replace(/^\$SYS/, "$other/SYS"))),
  "no state of a bridge's connection is anybody's to write": (request) =>
    model(request) && !(request.access === "write" && request.topic.startsWith("$SYS")),
  "$shared is not reserved": (request) =>
    model(withTexts(request, (text) => text.replace(/^\$shared/, "$other/shared"))),
  "a/# does not take a in": (request) =>
    model(withFilters(request, (filter) => filter.replace(/\/#$/, "/+/#"))),
  "a slash at the end is nothing": (request) =>
    model(withTexts(request, (text) => text.replace(/(?<=.)\/$/, ""))),
  "a slash at the start is nothing": (request) =>
    model(withTexts(request, (text) => text.replace(/^\/(?=.)/, ""))),
  "a + or # in a name does no harm": (request) =>
    model(request) || model(withNames(request, (name) => name.replace(/[+#]/g, "x"))),
  "a + or # in a name takes away the user's own rules too": (request) =>
    model(request) &&
    !(request.acl.patterns.length > 0 && /[+#]/.test(Object.values(request.client).join(""))),
  "%c takes in a client id of several levels": (request) => {
    const joined = (text: string) =>
      text.replaceAll(request.client.clientId, request.client.clientId.replaceAll("/", "∕"));
    return model(request) || model({ ...withNames(request, joined), topic: joined(request.topic) });
  },
  "%c stands for the user's name": (request) =>
    model(withFilters(request, (filter) => filter.replaceAll("%c", "%u"))),
  "%u stands for the name in a user's own rules too": (request) =>
    model(request) || model(withPatterns(request, (patterns) => [...ownRules(request), ...patterns])),
  "names are compared without regard to case": (request) =>
    model(withNames(request, (name) => name.toLowerCase())),
  "a name has one Unicode form": (request) => model(withNames(request, (name) => name.normalize())),
  "white space around a name is nothing": (request) => model(withNames(request, (name) => name.trim())),
} satisfies Record<string, Model>);

function decision({ acl, client, access, topic }: AccessRequest) {
  return authorize(acl, client, access, topic);
}

function ownRules({ acl, client }: AccessRequest): readonly AccessRule[] {
  return acl.users.filter(({ name }) => name === client.username).flatMap(({ rules }) => rules);
}

function hasSection({ acl, client }: AccessRequest): boolean {
  return acl.users.some(({ name }) => name === client.username);
}

/** Takes away the denies that stand after a rule that allows what is asked. */
function withoutLateDenies({ access, topic }: AccessRequest) {
  return (rules: readonly AccessRule[]) => {
    const allows = (rule: AccessRule) =>
      [access, "readwrite"].includes(rule.access) && filterMatches(rule.filter, topic);
    const first = rules.findIndex(allows);
    return rules.filter((rule, index) => first === -1 || index < first || rule.access !== "deny");
  };
}

/** Takes away the allows that stand after another one about the same topic. */
function withoutLaterAllows({ topic }: AccessRequest) {
  return (rules: readonly AccessRule[]) => {
    const isAbout = (rule: AccessRule) => rule.access !== "deny" && filterMatches(rule.filter, topic);
    const first = rules.find(isAbout);
    return rules.filter((rule) => rule === first || !isAbout(rule));
  };
}

function withSections(
  request: AccessRequest,
  change: (users: AccessControlList["users"]) => AccessControlList["users"],
): AccessRequest {
  return { ...request, acl: { ...request.acl, users: change(request.acl.users) } };
}

function withPatterns(
  request: AccessRequest,
  change: (patterns: readonly AccessRule[]) => readonly AccessRule[],
): AccessRequest {
  return { ...request, acl: { ...request.acl, patterns: change(request.acl.patterns) } };
}

/** Changes the rules of each section, and the patterns. */
function withRules(
  request: AccessRequest,
  change: (rules: readonly AccessRule[]) => readonly AccessRule[],
): AccessRequest {
  const sections = withSections(request, (users) =>
    users.map((user) => ({ ...user, rules: change(user.rules) })),
  );
  return withPatterns(sections, change);
}

function withFilters(request: AccessRequest, change: (filter: string) => string): AccessRequest {
  return withRules(request, (rules) => rules.map((rule) => ({ ...rule, filter: change(rule.filter) })));
}

/** Changes filters and topic alike. */
function withTexts(request: AccessRequest, change: (text: string) => string): AccessRequest {
  return { ...withFilters(request, change), topic: change(request.topic) };
}

/** Changes the names of sections and of the client, and the client id. */
function withNames(request: AccessRequest, change: (name: string) => string): AccessRequest {
  const { username, clientId } = request.client;
  const sections = withSections(request, (users) =>
    users.map((user) => ({ ...user, name: change(user.name) })),
  );
  return { ...sections, client: { username: change(username), clientId: change(clientId) } };
}
