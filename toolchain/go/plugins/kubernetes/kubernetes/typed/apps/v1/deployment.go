// Package v1 has the client of a cluster's deployments; there never is one.
package v1

import (
	"context"

	apps "k8s.io/api/apps/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// AppsV1Interface gives the client for one namespace.
type AppsV1Interface interface {
	Deployments(namespace string) DeploymentInterface
}

// DeploymentInterface is what buildx does with its builder's deployment.
type DeploymentInterface interface {
	Get(ctx context.Context, name string, options meta.GetOptions) (*apps.Deployment, error)
	Create(ctx context.Context, deployment *apps.Deployment, options meta.CreateOptions) (*apps.Deployment, error)
	Delete(ctx context.Context, name string, options meta.DeleteOptions) error
}
