// What Docker's buildx asks of a client of Kubernetes, without the client.
module k8s.io/client-go

go 1.25.0

require (
	k8s.io/api v0.32.3
	k8s.io/apimachinery v0.32.3
)
