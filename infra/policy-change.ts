/** One thing that an update changes for users and clients, in words for before the update and for after it. */
export interface PolicyChange {
  /** For instance `user reader is removed, and its clients are disconnected`. */
  readonly ahead: string;
  /** For instance `user reader was removed, and its clients were disconnected`. */
  readonly done: string;
  /** Whether the broker disconnects clients for it. */
  readonly disconnects: boolean;
}
