// The random resource plugin: the upstream Terraform provider under the names that @pulumi/random uses.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/terraform-providers/terraform-provider-random/shim"

	"naboom-mqtt/toolchain/plugins/bridge"
)

func main() {
	plugin := tfbridge.ProviderInfo{
		P:                           pf.ShimProvider(shim.NewProvider()),
		Name:                        "random",
		Version:                     bridge.RandomVersion,
		MetadataInfo:                tfbridge.NewProviderMetadata(nil),
		EnableAccurateBridgePreview: true,
		Resources: map[string]*tfbridge.ResourceInfo{
			"random_bytes": {ComputeID: digestOfBytes},
		},
	}
	named := tokens.MakeStandard("random")
	plugin.MustComputeTokens(tokens.SingleModule("random_", "index", func(module, name string) (string, error) {
		return named(module, "Random"+name)
	}))
	bridge.ServeFramework(plugin)
}

// digestOfBytes makes the id of a RandomBytes, which upstream has none of.
//
// Ids are never encrypted in the state. The official plugin takes the bytes themselves, which would put a
// secret into plain sight; their SHA-256 is as unique and tells nothing.
func digestOfBytes(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
	value := state["base64"]
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() {
		return "", errors.New("random bytes without a base64 form have no id")
	}
	digest := sha256.Sum256([]byte(value.StringValue()))
	return resource.ID(hex.EncodeToString(digest[:])), nil
}
