/**
 * Keeps Node 20 from spending 20 s and gigabytes on an error: `util.inspect` with colours loops on stack
 * frames such as `node_modules/@pulumi/resource.ts` (nodejs/node#64011), and Pulumi inspects every error
 * of a program that way. A frame that reads `node_modules/@pulumi/./resource.ts` ends the loop.
 *
 * Also keeps Pulumi from looking up in source maps where each promise was made, 0.3 s of an update: it only tells that
 * of a promise that never ends.
 */
const format = Error.prepareStackTrace;

Error.prepareStackTrace = (error, frames) => {
  if (format === undefined || isOfPromise(error)) return `${error}\n    at ${frames.join("\n    at ")}`;
  const text: unknown = format(error, frames);
  return typeof text === "string"
    ? text.replace(/(\/node_modules\/@[^/\s]+\/)(?=[^/\s]+:\d)/g, "$1./")
    : text;
};

/** Pulumi makes a nameless error for each promise. For the places of resources, it asks for every frame. */
function isOfPromise(error: Error): boolean {
  return error.constructor === Error && error.message === "" && Number.isFinite(Error.stackTraceLimit);
}
