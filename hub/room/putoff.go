package room

import "sync"

// triesMost is how often an event is put off whose server could not be asked for what it builds on; then it is refused for good. So a line that
// fails for a while loses nothing, and one that carries only one way does not hold up for ever what comes behind.
const triesMost = 10

// putOffMost is how many events are known to have been put off. Beyond it all counts begin anew.
const putOffMost = 10_000

// putOff counts how often events were put off.
type putOff struct {
	mu    sync.Mutex
	times map[string]int // by event id
}

func (p *putOff) spent(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.times[id] >= triesMost
}

// again counts one more time and gives how many it was.
func (p *putOff) again(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.times == nil || len(p.times) >= putOffMost {
		p.times = map[string]int{}
	}
	p.times[id]++
	return p.times[id]
}

func (p *putOff) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.times, id)
}
