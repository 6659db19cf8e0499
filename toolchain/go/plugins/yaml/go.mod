// What the bridge asks of a writer of Pulumi programs in YAML, without the writer.
module github.com/pulumi/pulumi-yaml

go 1.25.0

require (
	github.com/hashicorp/hcl/v2 v2.24.0
	github.com/pulumi/pulumi/pkg/v3 v3.259.0
)
