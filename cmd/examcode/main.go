// Command examcode sells exam codes to companies in bulk and follows each one
// to its result. See README.md.
package main

func main() {}
