// Package house has no code, only tests: they hold the layout of this module to
// its plan. Imports go down, the core does not know Caddy, and no file needs a map.
package house
