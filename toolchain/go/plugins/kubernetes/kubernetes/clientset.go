// Package kubernetes has the clients of a cluster's parts; there never is one.
package kubernetes

import (
	apps "k8s.io/client-go/kubernetes/typed/apps/v1"
	core "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
)

// Clientset is the clients of one cluster.
type Clientset struct{}

// NewForConfig fails.
func NewForConfig(*rest.Config) (*Clientset, error) { return nil, rest.ErrLeftOut }

// AppsV1 is never called.
func (*Clientset) AppsV1() apps.AppsV1Interface { return nil }

// CoreV1 is never called.
func (*Clientset) CoreV1() core.CoreV1Interface { return nil }
