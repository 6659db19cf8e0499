// Package bridge serves an upstream Terraform provider as a Pulumi resource plugin.
package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// The plugins' versions, set by the linker to those of the npm packages that they serve.
var (
	DockerVersion string
	RandomVersion string
	TLSVersion    string
)

// ServeFramework runs a provider that is built on Terraform's plugin framework, until the engine ends it.
func ServeFramework(plugin tfbridge.ProviderInfo) {
	pf.Main(context.Background(), plugin.Name, plugin, pf.ProviderMetadata{PackageSchema: schemaOf(plugin)})
}

// ServeSDK runs a provider that is built on Terraform's plugin SDK, until the engine ends it.
func ServeSDK(plugin tfbridge.ProviderInfo) {
	tfbridge.Main(plugin.Name, plugin.Version, plugin, schemaOf(plugin))
}

// schemaOf makes the Pulumi schema, which official plugins carry as a file, without the upstream documentation.
func schemaOf(plugin tfbridge.ProviderInfo) []byte {
	silent := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	generated, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo:    plugin,
		DiagnosticsSink: silent,
		XInMemoryDocs:   true,
	})
	if err != nil {
		fail(plugin.Name, err)
	}
	schema, err := json.Marshal(generated.PackageSpec)
	if err != nil {
		fail(plugin.Name, err)
	}
	return schema
}

func fail(name string, err error) {
	fmt.Fprintf(os.Stderr, "the schema of the %s plugin can't be made: %v\n", name, err)
	os.Exit(1)
}
