// Package v3 has the shape of a document, as far as the Pulumi CLI looks at it.
package v3

import (
	"github.com/pb33f/libopenapi/datamodel/high/base"
	"github.com/pb33f/libopenapi/orderedmap"
	"go.yaml.in/yaml/v4"
)

// Document describes a service.
type Document struct {
	Info       *Info
	Components *Components
	Paths      *Paths
}

// Info says which version a document is.
type Info struct{ Version string }

// Components are schemas that several operations share.
type Components struct {
	Schemas *orderedmap.Map[string, *base.SchemaProxy]
}

// Paths are those of the service.
type Paths struct {
	PathItems *orderedmap.Map[string, *PathItem]
}

// PathItem has a path's operations.
type PathItem struct{ Get, Post, Put, Delete, Patch, Head *Operation }

// Operation is what a method does on a path.
type Operation struct {
	OperationId, Summary, Description string
	Tags                              []string
	Parameters                        []*Parameter
	RequestBody                       *RequestBody
	Responses                         *Responses
	Deprecated                        *bool
	Extensions                        *orderedmap.Map[string, *yaml.Node]
}

// Parameter is one of an operation's.
type Parameter struct {
	Name, In, Description string
	Required              *bool
	Schema                *base.SchemaProxy
}

// RequestBody is what an operation takes.
type RequestBody struct {
	Content *orderedmap.Map[string, *MediaType]
}

// Responses are an operation's, by status.
type Responses struct {
	Codes   *orderedmap.Map[string, *Response]
	Default *Response
}

// Response is one of them.
type Response struct {
	Description string
	Content     *orderedmap.Map[string, *MediaType]
}

// MediaType is one form of a content.
type MediaType struct{ Schema *base.SchemaProxy }
