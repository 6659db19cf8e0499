// Package shim opens the upstream provider's internal package to the plugin.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider returns the upstream Terraform provider, to be named after the given version.
func NewProvider(version string) *schema.Provider { return provider.New(version)() }
