/** How a user's password is rotated. */
export const rotations = ["replace", "overlap"] as const;

export type Rotation = (typeof rotations)[number];

/** The state of a user's rotation, as the config gives it. */
export interface UserRotation {
  /** Raised by one or more, the user gets a new password. At least 1. */
  readonly generation: number;
  readonly rotation: Rotation;
  /** The generation that the user's overlapping rotation began with; its account has the user's own name. */
  readonly overlapSince: number;
  /** The latest generation whose account is taken away; 0 for none. */
  readonly retired: number;
  /** The seeds, by number, of those generations whose seed does not have the generation's own number. */
  readonly seeds?: Readonly<Record<string, number>> | undefined;
}

/** A name and a generation that a client can log in with. */
export interface Account {
  readonly name: string;
  readonly generation: number;
}

/** What the name of a user's second account ends with. */
const SECOND = "-b";

/**
 * A user's accounts, the current one first.
 *
 * With `replace` there is one. With `overlap` two names take turns: each generation renews the idle one,
 * and the one before it keeps working until it is retired or the next generation comes.
 */
export function accountsOf(user: string, state: UserRotation): readonly [Account, ...Account[]] {
  const { generation, rotation, overlapSince, retired } = state;
  if (rotation === "replace") return [{ name: user, generation }];
  const account = (number: number): Account => ({
    name: (number - overlapSince) % 2 === 0 ? user : `${user}${SECOND}`,
    generation: number,
  });
  const previous = generation - 1;
  const hasPrevious = previous >= overlapSince && previous > retired;
  return hasPrevious ? [account(generation), account(previous)] : [account(generation)];
}

/**
 * The number of the random seed that the passwords of a user's generation derive from.
 *
 * Two accounts take turns by one generation at a time, and another user may have had that number's seed already:
 * then the generation has a seed of another number.
 */
export function seedNumber({ seeds }: Pick<UserRotation, "seeds">, generation: number): number {
  return seeds?.[generation] ?? generation;
}

/** Every name that a user's accounts may ever have, so that no two users meet in one. */
export function accountNames(user: string, rotation: Rotation): readonly string[] {
  return rotation === "replace" ? [user] : [user, `${user}${SECOND}`];
}
