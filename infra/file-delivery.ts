import type * as pulumi from "@pulumi/pulumi";
import type { EngineContainer } from "./engine.ts";

/** What a container is given that delivers files, the broker's or the console's. */
export interface FileDeliveryArgs<Files> {
  readonly containerName: string;
  readonly image: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, pulumi.Input<string>>>;
  /** The name of the volume that holds the revisions. */
  readonly volume: pulumi.Input<string>;
  readonly revision: pulumi.Output<Files>;
  /** The container of that name as the engine has it now, if there is one. */
  readonly previous: EngineContainer | undefined;
}
