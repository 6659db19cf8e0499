/** The official image, the one pinned reference of it: version and digest of its manifest. */
export const officialImage =
  "docker.io/library/eclipse-mosquitto:2.1.2-alpine@sha256:38c0da4f2ef84284d47b3b3eeea1cb3bdeabe81ee10caf0cd5c5ff61ee3ea408";

/** The name of images that `npm run up` builds from Debian packages where no container registry answers. */
export const builtImageName = "naboom-mqtt/mosquitto";
