// Package libopenapi stands in for a reader of OpenAPI documents that took a sixth of the work of building the CLI. Pulumi
// needs one for `pulumi api` alone, which is about Pulumi Cloud and says so instead.
package libopenapi

import (
	"errors"

	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
)

// Document is an OpenAPI document; there never is one.
type Document interface {
	BuildV3Model() (*DocumentModel[v3.Document], error)
}

// DocumentModel is a document that has been read.
type DocumentModel[T any] struct{ Model T }

// NewDocument tells where there is a CLI that can read one.
func NewDocument([]byte) (Document, error) {
	return nil, errors.New("this Pulumi was built without a reader of OpenAPI documents; " +
		"for `pulumi api` install the official one: https://www.pulumi.com/docs/install")
}
