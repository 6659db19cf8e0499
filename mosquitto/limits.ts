/** What one client, one listener and the whole broker may take. */
export interface Limits {
  /** The largest MQTT packet that a client may send, in bytes. */
  readonly packetBytes: number;
  /** Connections at a time, per listener. */
  readonly connectionsPerListener: number;
  /** QoS 1 and 2 messages on their way to one client at a time. */
  readonly inflightMessages: number;
  /** QoS 1 and 2 messages that wait for one client, beyond those in flight; more are dropped. */
  readonly queuedMessages: number;
  /** The same in bytes; whichever of the two is reached first. */
  readonly queuedBytes: number;
  /** The longest keepalive that a client may ask for, in seconds. MQTT 3.1.1 clients that ask for more are refused. */
  readonly keepaliveSeconds: number;
  /** Days after which the session of a client that stays away is dropped. */
  readonly sessionDays: number;
}

/**
 * Limits that suit a community site.
 *
 * Mosquitto's own 1,000 queued messages lose acknowledged QoS 1 messages in a burst to a connected
 * subscriber; 100,000 messages or 64 MiB do not, and still bound what one slow client can hold.
 */
export const defaultLimits: Limits = Object.freeze({
  packetBytes: 262_144,
  connectionsPerListener: 1_000,
  inflightMessages: 100,
  queuedMessages: 100_000,
  queuedBytes: 67_108_864,
  keepaliveSeconds: 1_200,
  sessionDays: 30,
});
