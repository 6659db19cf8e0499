/**
 * Keeps Node 20 from spending 20 s and gigabytes on an error: `util.inspect` with colours loops on stack
 * frames such as `node_modules/@pulumi/resource.ts` (nodejs/node#64011), and Pulumi inspects every error
 * of a program that way. A frame that reads `node_modules/@pulumi/./resource.ts` ends the loop.
 */
const format = Error.prepareStackTrace;

Error.prepareStackTrace = (error, frames) => {
  const text: unknown = format ? format(error, frames) : `${error}\n    at ${frames.join("\n    at ")}`;
  return typeof text === "string"
    ? text.replace(/(\/node_modules\/@[^/\s]+\/)(?=[^/\s]+:\d)/g, "$1./")
    : text;
};
