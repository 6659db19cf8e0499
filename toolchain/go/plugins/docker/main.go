// The docker resource plugin: the upstream Terraform provider under the names that @pulumi/docker uses.
//
// Image, which the official plugin adds in code of its own for building images, is not served.
package main

import (
	"context"
	"runtime"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	sdk "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/terraform-providers/terraform-provider-docker/shim"

	"naboom-mqtt/toolchain/plugins/bridge"
)

func main() {
	standard := tokens.MakeStandard("docker")
	plugin := tfbridge.ProviderInfo{
		P:            sdk.NewProvider(shim.NewProvider(bridge.DockerVersion)),
		Name:         "docker",
		Version:      bridge.DockerVersion,
		MetadataInfo: tfbridge.NewProviderMetadata(nil),
		Config: map[string]*tfbridge.SchemaInfo{
			"host":          {Default: &tfbridge.DefaultInfo{EnvVars: []string{"DOCKER_HOST"}, ComputeDefault: localEngine}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_config": {Tok: tfbridge.MakeResource("docker", "index", "ServiceConfig")},
			"docker_image": {
				Tok:    tfbridge.MakeResource("docker", "index", "RemoteImage"),
				Fields: map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}}, // no random suffix: it says what to pull
			},
			"docker_container": {
				DeleteBeforeReplace: true, // two containers can't publish one port
				Fields: map[string]*tfbridge.SchemaInfo{
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
			},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image": {Tok: tfbridge.MakeDataSource("docker", "index", "getRemoteImage")},
		},
	}
	plugin.MustComputeTokens(tokens.SingleModule("docker_", "index", standard))
	plugin.SetAutonaming(255, "-")
	bridge.ServeSDK(plugin)
}

func localEngine(context.Context, tfbridge.ComputeDefaultOptions) (any, error) {
	if runtime.GOOS == "windows" {
		return "npipe:////./pipe/docker_engine", nil
	}
	return "unix:///var/run/docker.sock", nil
}
