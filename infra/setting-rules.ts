import { z } from "zod";

/** What each kind of value may be, in words, and a value that is allowed. */
export const rules = Object.freeze({
  object: { allowed: "it is a set of keys and values", example: "" },
  list: { allowed: "it is a list", example: "" },
  listener: {
    allowed: "a listener is off, or a set of keys with its port and its address",
    example: "",
  },
  origin: {
    allowed:
      "an origin is http or https, a host, and a port unless it is the usual one, as a browser writes it: https://app.example.org",
    example: "",
  },
  allOff: { allowed: "at least one listener is on, or nobody could log in", example: "" },
  port: { allowed: "a port is a whole number from 1 to 65535", example: "1883" },
  address: { allowed: "it is an IPv4 or IPv6 address", example: "127.0.0.1" },
  trust: {
    allowed:
      'it is "the network is trusted", word by word, which lets unencrypted listeners show passwords to the network',
    example: "",
  },
  protect: { allowed: "it is true or false", example: "true" },
  image: {
    allowed: "an image is a Docker reference without white space",
    example: "eclipse-mosquitto:2.1.2-alpine",
  },
  userName: {
    allowed: "a user name has 1 to 64 letters, digits and . _ @ -, and begins with a letter or digit",
    example: "",
  },
  reservedName: { allowed: "the name is taken by the broker's own healthcheck", example: "" },
  users: {
    allowed: "there is at least one user, such as `reader: { read: [naboom/community] }`",
    example: "",
  },
  rights: {
    allowed: "a user has at least one right: read, write, readwrite or deny, a pattern or a role",
    example: "",
  },
  placeholder: {
    allowed:
      "%u and %c are placeholders in patterns only, and letters like any other here; write it under patterns",
    example: "",
  },
  clientPattern: {
    allowed:
      "%c holds for every user, as Mosquitto knows no pattern of one user's; write it under naboom-mqtt:patterns",
    example: "",
  },
  clientDeny: {
    allowed: "a pattern with %c cannot deny, since Mosquitto lets a user's own right win over it",
    example: "",
  },
  roleName: {
    allowed: "a role's name has 1 to 64 letters, digits and . _ @ -, and begins with a letter or digit",
    example: "",
  },
  certificateUse: { allowed: "it is none, besides-password or identity", example: "besides-password" },
  consoleEnabled: { allowed: "the console is true for on, or false for off", example: "false" },
  consoleOff: {
    allowed: "the console logs in over wss, and naboom-mqtt:listeners.wss is off; only both can be on",
    example: "false",
  },
  consolePort: { allowed: "a listener has this port already; the console needs its own", example: "8443" },
  clientIds: { allowed: "it is free or own", example: "own" },
  sync: {
    allowed: "it is normal, which outlives the end of every process, or full, which outlives a power cut too",
    example: "normal",
  },
  ownIdentity: {
    allowed:
      "own client ids are for accounts with passwords; where a certificate is the identity, client ids are free",
    example: "",
  },
  workers: { allowed: "it is a whole number of connections from 1 to 100", example: "1" },
  freeWorkers: {
    allowed:
      "with free client ids a user has as many connections as it likes; it is for naboom-mqtt:clientIds own",
    example: "",
  },
  serial: {
    allowed: "a serial number has 1 to 40 hexadecimal digits, as the outputs give it for each certificate",
    example: "",
  },
  listeners: {
    allowed: "it is a list of listeners that the user may log in on: mqtt, mqtts, ws or wss",
    example: "",
  },
  noListener: {
    allowed: "a user may log in on at least one listener, and it has to be named: mqtt, mqtts, ws or wss",
    example: "",
  },
  name: { allowed: "a name is a DNS name or an IP address", example: "localhost" },
  names: { allowed: "there is at least one name", example: "" },
  days: { allowed: "it is a whole number of days from 1 to 36500", example: "365" },
  passwordLength: { allowed: "a length is a whole number from 32 to 128", example: "40" },
  iterations: { allowed: "it is a whole number of iterations from 1 to 1000000", example: "101" },
  packet: { allowed: "it is a whole number of bytes from 1024 to 268435455", example: "262144" },
  keepalive: { allowed: "it is a whole number of seconds from 10 to 65535", example: "1200" },
  pem: { allowed: "it is a PEM text, or the path of a PEM file", example: "certificates/server.crt" },
  generation: { allowed: "a generation is a whole number from 1 to 1000000", example: "1" },
  retired: { allowed: "it is a whole number, and below the user's generation", example: "0" },
  rotation: { allowed: "a rotation is replace or overlap", example: "overlap" },
  renewal: {
    allowed: "it is a number of days above 0, and below the certificate's validity",
    example: "",
  },
  age: { allowed: "it is a number of days above 0", example: "90" },
  inForce: {
    allowed:
      "the authority in force is authorityGeneration, or the one before it until the rotation is finished",
    example: "",
  },
  connections: { allowed: "it is a whole number from 1 to 1000000", example: "1000" },
  inflight: { allowed: "it is a whole number of messages from 1 to 65535", example: "100" },
  queued: { allowed: "it is a whole number of messages from 1 to 10000000", example: "100000" },
  logFiles: { allowed: "it is a whole number of files from 1 to 1000", example: "5" },
  queuedBytes: { allowed: "it is a whole number of bytes from 1 to 1099511627776", example: "67108864" },

  memory: { allowed: "it is a whole number of megabytes from 32 to 1048576", example: "512" },
  logSize: { allowed: "it is a whole number of megabytes from 1 to 10240", example: "10" },
});

/** A whole number within bounds. */
export const whole = (rule: { allowed: string }, least: number, most: number) =>
  z.int(rule.allowed).min(least, rule.allowed).max(most, rule.allowed);

/** A set of known keys; an unknown one is a mistake. */
export const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, rules.object.allowed);

/** For checks that are made where another value is wrong as well, so that every mistake is named at once. */
export const ALWAYS = Object.freeze({ when: () => true });
