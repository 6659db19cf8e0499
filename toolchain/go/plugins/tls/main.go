// The tls resource plugin: the upstream Terraform provider under the names that @pulumi/tls uses.
package main

import (
	"github.com/hashicorp/terraform-provider-tls/shim"
	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"

	"naboom-mqtt/toolchain/plugins/bridge"
)

func main() {
	plugin := tfbridge.ProviderInfo{
		P:                              pf.ShimProvider(shim.NewProvider()),
		Name:                           "tls",
		Version:                        bridge.TLSVersion,
		MetadataInfo:                   tfbridge.NewProviderMetadata(nil),
		EnableZeroDefaultSchemaVersion: true,
		EnableAccurateBridgePreview:    true,
	}
	plugin.MustComputeTokens(tokens.SingleModule("tls_", "index", tokens.MakeStandard("tls")))
	bridge.ServeFramework(plugin)
}
