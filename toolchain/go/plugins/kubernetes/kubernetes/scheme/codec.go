// Package scheme encodes the parameters of requests; there never is one.
package scheme

import "k8s.io/apimachinery/pkg/runtime"

// ParameterCodec is never called.
var ParameterCodec runtime.ParameterCodec
