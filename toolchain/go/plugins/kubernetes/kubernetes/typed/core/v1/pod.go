// Package v1 has the clients of a cluster's pods and their configuration; there never is one.
package v1

import (
	"context"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// CoreV1Interface gives the clients for one namespace.
type CoreV1Interface interface {
	RESTClient() rest.Interface
	Pods(namespace string) PodInterface
	ConfigMaps(namespace string) ConfigMapInterface
}

// PodInterface is what buildx does with its builder's pods.
type PodInterface interface {
	List(ctx context.Context, options meta.ListOptions) (*core.PodList, error)
}

// ConfigMapInterface is what buildx does with its builder's configuration.
type ConfigMapInterface interface {
	Create(ctx context.Context, config *core.ConfigMap, options meta.CreateOptions) (*core.ConfigMap, error)
	Update(ctx context.Context, config *core.ConfigMap, options meta.UpdateOptions) (*core.ConfigMap, error)
	Delete(ctx context.Context, name string, options meta.DeleteOptions) error
}
