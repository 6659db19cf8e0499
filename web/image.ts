/** The name of the images that `npm run up` builds from Debian packages to serve the console page. */
export const builtConsoleImageName = "naboom-mqtt/console";
