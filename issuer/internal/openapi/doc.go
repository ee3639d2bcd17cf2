// Package openapi holds docs/openapi.yaml to the doors, by its tests: whatever is
// described there is answered, and whatever is answered is described.
package openapi
