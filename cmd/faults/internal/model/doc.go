// Package model keeps what a fleet of gates has acknowledged, and judges every
// answer by it.
//
// It knows nothing of how the gates work: what was asked and when, what came back
// and when, and the promises that the documentation makes.
package model
