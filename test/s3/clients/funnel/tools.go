//go:build tools

// Package tools pins Funnel and what it is built from.
package tools

import _ "github.com/ohsu-comp-bio/funnel"
