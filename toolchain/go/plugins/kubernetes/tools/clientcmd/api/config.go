// Package api is the form of a kubeconfig file; none is read.
package api

// Config is the file.
type Config struct {
	Clusters       map[string]*Cluster
	AuthInfos      map[string]*AuthInfo
	Contexts       map[string]*Context
	CurrentContext string
}

// Cluster is how one cluster is reached.
type Cluster struct {
	Server, ProxyURL         string
	InsecureSkipTLSVerify    bool
	CertificateAuthorityData []byte
}

// AuthInfo is who logs in.
type AuthInfo struct {
	ClientCertificateData, ClientKeyData []byte
	Username, Password, Token            string
	AuthProvider                         *AuthProviderConfig
	Exec                                 *ExecConfig
}

// Context is a cluster and who logs in there.
type Context struct{ Cluster, AuthInfo, Namespace string }

// AuthProviderConfig is another way to log in.
type AuthProviderConfig struct{}

// ExecConfig is a program that logs in.
type ExecConfig struct{}

// NewConfig returns an empty file.
func NewConfig() *Config {
	return &Config{Clusters: map[string]*Cluster{}, AuthInfos: map[string]*AuthInfo{}, Contexts: map[string]*Context{}}
}

// NewCluster returns an empty cluster.
func NewCluster() *Cluster { return &Cluster{} }

// NewAuthInfo returns nobody.
func NewAuthInfo() *AuthInfo { return &AuthInfo{} }

// NewContext returns an empty context.
func NewContext() *Context { return &Context{} }
