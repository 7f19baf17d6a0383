// Package guess tries to find exam codes without having them: many people from
// many networks guess texts through the real handler, with its limits on, and the
// time of the look-up is listened to. It shows that no guess hits, that no limit
// lets more tries pass than it says, that every answer about a text one may not
// know is the same, byte by byte, and that hit and miss take the same time.
package guess
