// Package clientcmd reads kubeconfig files; here it refuses to.
package clientcmd

import (
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd/api"
)

// ClientConfig is how a cluster is reached, once the file has been read.
type ClientConfig interface {
	ClientConfig() (*rest.Config, error)
	Namespace() (string, bool, error)
}

// ConfigOverrides is what counts instead of the file's contents.
type ConfigOverrides struct {
	CurrentContext string
	Context        api.Context
}

// ClientConfigLoadingRules is where the file is.
type ClientConfigLoadingRules struct {
	ExplicitPath string
	Precedence   []string
}

// NewDefaultClientConfigLoadingRules returns no place.
func NewDefaultClientConfigLoadingRules() *ClientConfigLoadingRules {
	return &ClientConfigLoadingRules{}
}

// Load fails.
func (*ClientConfigLoadingRules) Load() (*api.Config, error) { return nil, rest.ErrLeftOut }

// NewDefaultClientConfig returns a config that leads nowhere.
func NewDefaultClientConfig(api.Config, *ConfigOverrides) ClientConfig { return leftOut{} }

// NewNonInteractiveDeferredLoadingClientConfig returns a config that leads nowhere.
func NewNonInteractiveDeferredLoadingClientConfig(*ClientConfigLoadingRules, *ConfigOverrides) ClientConfig {
	return leftOut{}
}

type leftOut struct{}

func (leftOut) ClientConfig() (*rest.Config, error) { return nil, rest.ErrLeftOut }

func (leftOut) Namespace() (string, bool, error) { return "", false, rest.ErrLeftOut }
