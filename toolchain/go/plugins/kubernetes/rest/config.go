// Package rest stands in for a client of Kubernetes that took a tenth of the work of building Pulumi with its plugins. The
// docker plugin needs one for builds inside a Kubernetes cluster alone, and says so instead.
package rest

import (
	"errors"
	"net/http"
	"net/url"

	"k8s.io/apimachinery/pkg/runtime"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// ErrLeftOut tells where there is a plugin that can reach a cluster.
var ErrLeftOut = errors.New("this docker plugin was built without a client of Kubernetes; " +
	"for builds in a cluster put the official one in its place: pulumi plugin install --reinstall resource docker VERSION")

// Config is how a cluster is reached; there never is one.
type Config struct {
	Host, Username, Password, BearerToken string
	TLSClientConfig
	Proxy        func(*http.Request) (*url.URL, error)
	AuthProvider *clientcmdapi.AuthProviderConfig
	ExecProvider *clientcmdapi.ExecConfig
}

// TLSClientConfig is what a cluster is known by.
type TLSClientConfig struct {
	Insecure                  bool
	CAFile, CertFile, KeyFile string
	CAData, CertData, KeyData []byte
}

// InClusterConfig finds no cluster.
func InClusterConfig() (*Config, error) { return nil, ErrLeftOut }

// Interface sends requests to a cluster; there never is one.
type Interface interface{ Post() *Request }

// Request is a request to a cluster; it leads nowhere.
type Request struct{}

// Namespace changes nothing.
func (request *Request) Namespace(string) *Request { return request }

// Resource changes nothing.
func (request *Request) Resource(string) *Request { return request }

// Name changes nothing.
func (request *Request) Name(string) *Request { return request }

// SubResource changes nothing.
func (request *Request) SubResource(...string) *Request { return request }

// VersionedParams changes nothing.
func (request *Request) VersionedParams(runtime.Object, runtime.ParameterCodec) *Request {
	return request
}

// URL is empty.
func (*Request) URL() *url.URL { return &url.URL{} }
