package store

import "slices"

// Memory is what a package remembers from one transaction of Write to the next, so that it need not read again what it has just written. It is
// told when that may be wrong. The functions of Write and these are called one after the other, never side by side.
type Memory interface {
	// Forget: what was written by this node did not come to stand, or it is not known whether it did.
	Forget()
	// Behind: what stands after a position was not written by this node's Write, so that nothing of it is remembered.
	Behind(after Position)
	// Settle writes what was only remembered so far, before the commit and before anything that is undone by itself.
	Settle(tx *Tx) error
}

// Remember has m told, from the next transaction on, of what becomes of what is written.
func (db *DB) Remember(m Memory) {
	db.remembering.Lock()
	defer db.remembering.Unlock()
	db.memories = append(slices.Clone(db.memories), m)
}

func (db *DB) remembered() []Memory {
	db.remembering.Lock()
	defer db.remembering.Unlock()
	return db.memories
}

// settle has all of them written.
func (b *batchTx) settle(tx *Tx) error {
	for _, m := range b.db.remembered() {
		if err := m.Settle(tx); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) forget() {
	db.left = unknown
	for _, m := range db.remembered() {
		m.Forget()
	}
}

// unknown stands for the head after a transaction of which it is not known whether it was committed.
const unknown Position = -1

// met compares the head of a transaction that begins with the one that the last transaction of this node has left.
func (db *DB) met(head Position) {
	if head == db.left {
		return
	}
	for _, m := range db.remembered() {
		if db.left == unknown {
			m.Forget()
		} else {
			m.Behind(db.left)
		}
	}
	db.left = head
}

// Alone tells whether this is a transaction of Write, whose functions run alone.
func (tx *Tx) Alone() bool { return tx.batch != nil }
