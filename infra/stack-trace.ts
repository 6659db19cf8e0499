/**
 * Keeps Node 20 from spending 20 s and gigabytes on an error: `util.inspect` with colours loops on stack
 * frames such as `node_modules/@pulumi/resource.ts` (nodejs/node#64011), and Pulumi inspects every error
 * of a program that way. A frame that reads `node_modules/@pulumi/./resource.ts` ends the loop.
 *
 * Also keeps Pulumi from looking up in source maps where each promise and each resource was made, 0.4 s of an update's
 * processor time: it tells that of promises that never end, and notes it in the state.
 */
const format = Error.prepareStackTrace;

Error.prepareStackTrace = (error, frames) => {
  if (format === undefined || isPlace(error)) return `${error}\n    at ${frames.join("\n    at ")}`;
  const text: unknown = format(error, frames);
  return typeof text === "string"
    ? text.replace(/(\/node_modules\/@[^/\s]+\/)(?=[^/\s]+:\d)/g, "$1./")
    : text;
};

/** Pulumi makes a nameless error to learn where it is; one that a person reads says something. */
function isPlace(error: Error): boolean {
  return error.constructor === Error && error.message === "";
}
