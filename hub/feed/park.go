package feed

// Pacer is a sink that knows whether its device takes what it is given. It is told once, at Attach, how to say so, and may say so at any time
// but within Push. Who says nothing takes everything.
//
// A session whose device takes nothing is parked: it falls behind, gets no frames, and costs those who read nothing, however many are like it and
// however much is said. Only alerts are pushed to it, ahead of their place. Once the device takes again, the session reads what it lacks.
type Pacer interface {
	Sink
	Paced(tell func(slow bool))
}

// pace takes in what a sink says of its device.
func (f *Feed) pace(a *attachment, slow bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a.slow = slow
	switch {
	case a.gone:
	case slow && a.live:
		a.live = false
		a.told, a.moment = max(a.told, f.cursor), max(a.moment, f.presenceTold)
		f.parkLocked(a)
	case !slow && a.parked:
		f.unparkLocked(a)
	}
}

// parkLocked leaves an attachment that is behind where it is, apart from those whom all news are handed to.
func (f *Feed) parkLocked(a *attachment) {
	rooms := a.rooms
	f.moveLocked(a, nil)
	a.parked = true
	f.moveLocked(a, rooms)
}

// unparkLocked has the follower read for an attachment what it lacks.
func (f *Feed) unparkLocked(a *attachment) {
	rooms := a.rooms
	f.moveLocked(a, nil)
	a.parked = false
	f.moveLocked(a, rooms)
	f.resumed = append(f.resumed, a)
	select {
	case f.resume <- struct{}{}:
	default: // it is awake already
	}
}

// retryResumed reads for those whose devices take again.
func (f *Feed) retryResumed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.resumed {
		if !a.gone {
			f.retryLocked(a)
		}
	}
	f.resumed = nil
}
