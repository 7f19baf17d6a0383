// Package access holds the matrix of who may call what. It is made from the
// route registry, so that no route can be forgotten: every route is called by
// every kind of person, with things of their own, of somebody else and of nobody.
package access
