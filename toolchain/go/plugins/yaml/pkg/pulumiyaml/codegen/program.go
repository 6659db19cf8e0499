// Package codegen stands in for a writer of Pulumi programs in YAML, which brings an SDK along that takes long to compile. The
// bridge needs one for examples in documentation alone, and the plugins have none.
package codegen

import (
	"errors"

	"github.com/hashicorp/hcl/v2"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
)

// GenerateProgram fails.
func GenerateProgram(*pcl.Program) (map[string][]byte, hcl.Diagnostics, error) {
	return nil, nil, errors.New("this plugin was built without a writer of programs in YAML")
}
