package room

// NestingMost is how deep an event may nest. Canonical JSON takes the library time that grows with an event's size times its depth: 64 KiB of
// brackets would take seconds. Nothing that clients send comes near.
const NestingMost = 100

// Nested tells how deep JSON nests. It need not be well formed.
func Nested(raw []byte) (deepest int) {
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			depth++
			deepest = max(deepest, depth)
		case b == '}' || b == ']':
			depth--
		}
	}
	return deepest
}
