import type { Figure } from "./figure.ts";
import { accessExplain } from "./figures/access-explain.ts";
import { changedUserOfThousand } from "./figures/changed-user.ts";
import { firstUpOfTenThousand, firstUpOfThousand } from "./figures/first-up.ts";
import { reloadOfTenThousand } from "./figures/reload.ts";
import { unchangedTenThousand } from "./figures/unchanged-large.ts";
import { unchangedPulumiUp } from "./figures/unchanged-pulumi-up.ts";
import { unchangedUp } from "./figures/unchanged-up.ts";
import { wholeProof } from "./figures/whole-proof.ts";

/** Every figure, in the order of the table. */
export const figures: readonly Figure[] = Object.freeze([
  unchangedUp,
  unchangedPulumiUp,
  accessExplain,
  wholeProof,
  reloadOfTenThousand,
  firstUpOfThousand,
  changedUserOfThousand,
  firstUpOfTenThousand,
  unchangedTenThousand,
]);
