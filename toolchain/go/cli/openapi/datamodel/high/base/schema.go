// Package base has the shape of a document's schemas, as far as the Pulumi CLI looks at it.
package base

import (
	"github.com/pb33f/libopenapi/orderedmap"
	"go.yaml.in/yaml/v4"
)

// Schema is the shape of a value.
type Schema struct {
	Type                         []string
	AllOf, OneOf, AnyOf          []*SchemaProxy
	Discriminator                *Discriminator
	Properties                   *orderedmap.Map[string, *SchemaProxy]
	Items, AdditionalProperties  *DynamicValue[*SchemaProxy, bool]
	Required                     []string
	Description, Format, Pattern string
	Nullable, ReadOnly           *bool
	MinLength, MaxLength         *int64
	Minimum, Maximum, MultipleOf *float64
	Default                      *yaml.Node
	Enum                         []*yaml.Node
	Extensions                   *orderedmap.Map[string, *yaml.Node]
}

// GoLow returns nothing, since nothing was read.
func (*Schema) GoLow() *Source { return nil }

// MarshalJSONInline writes nothing.
func (*Schema) MarshalJSONInline() ([]byte, error) { return nil, nil }

// Source is what a schema was read from.
type Source struct{}

// Hash tells sources apart.
func (*Source) Hash() uint64 { return 0 }

// SchemaProxy refers to a schema.
type SchemaProxy struct{}

// Schema finds nothing.
func (*SchemaProxy) Schema() *Schema { return nil }

// Discriminator tells the schemas of a union apart.
type Discriminator struct {
	PropertyName string
	Mapping      *orderedmap.Map[string, string]
}

// DynamicValue is one of two.
type DynamicValue[A any, B any] struct{ A A }

// IsA is false.
func (*DynamicValue[A, B]) IsA() bool { return false }
