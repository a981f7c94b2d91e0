package reference

// MaxHeaderSize returns the limit of a header block in bytes, as http.maxHeaderSize of an edition's Node does, and
// false where that does not exist.
func MaxHeaderSize(edition Edition) (size int, exists bool) {
	behaviours := behavioursOf(edition)
	return behaviours.maxHeaderSize, behaviours.showMaxHeaderSize
}
