package backup

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/fxamacker/cbor/v2"

	"panah/hub/store"
)

// sink takes what a stream holds, in its order.
type sink interface {
	begin(ctx context.Context, head Head) error
	table(t store.Table) error
	row(values []any) error
	file(ctx context.Context, name string, size int64, r io.Reader) error
	end(all *Contents) error
}

// Check reads a stream to its end and touches nothing. It gives what is in it, or ErrForeign, ErrKey or ErrDamaged.
func Check(ctx context.Context, r io.Reader, secret []byte) (Head, *Contents, error) {
	return read(ctx, r, secret, nil)
}

// read reads a stream into a sink, nil for none.
func read(ctx context.Context, r io.Reader, secret []byte, into sink) (Head, *Contents, error) {
	under, err := readHead(r, secret)
	if err != nil {
		return Head{}, nil, err
	}
	unpacked, err := newDecoder(under)
	if err != nil {
		return Head{}, nil, fmt.Errorf("unpack the backup: %w", err)
	}
	defer unpacked.Close()
	in := &reader{ctx: ctx, items: decoding.NewDecoder(unpacked), into: into, seen: Contents{Tables: map[string]Sum{}}}
	if err := in.all(); err != nil {
		return in.head, nil, err
	}
	return in.head, &in.seen, nil
}

// reader is a stream that is being read.
type reader struct {
	ctx   context.Context
	items *cbor.Decoder
	into  sink
	head  Head
	now   string // the table whose rows come
	seen  Contents
}

// damaged is a trouble of the stream, unless the caller broke off.
func (in *reader) damaged(err error) error {
	if in.ctx.Err() != nil {
		return in.ctx.Err()
	}
	return ErrDamaged.Because(err)
}

func (in *reader) next(what *int) error {
	if err := in.ctx.Err(); err != nil {
		return err
	}
	if err := in.items.Decode(what); err != nil {
		return in.damaged(err)
	}
	return nil
}

func (in *reader) take(value any) error {
	if err := in.items.Decode(value); err != nil {
		return in.damaged(err)
	}
	return nil
}

func (in *reader) all() error {
	var what int
	if err := in.next(&what); err != nil {
		return err
	}
	if what != itemHead {
		return ErrDamaged
	}
	if err := in.takeHead(); err != nil {
		return err
	}
	for {
		if err := in.next(&what); err != nil {
			return err
		}
		if what == itemEnd {
			return in.takeEnd()
		}
		if err := in.takeItem(what); err != nil {
			return err
		}
	}
}

func (in *reader) takeHead() error {
	if err := in.take(&in.head); err != nil || in.into == nil {
		return err
	}
	return in.into.begin(in.ctx, in.head)
}

func (in *reader) takeItem(what int) error {
	switch what {
	case itemTable:
		return in.takeTable()
	case itemRow:
		return in.takeRow()
	case itemFile:
		return in.takeFile()
	}
	return ErrDamaged
}

func (in *reader) takeTable() error {
	var t store.Table
	if err := in.take(&t); err != nil {
		return err
	}
	if _, twice := in.seen.Tables[t.Name]; twice {
		return ErrDamaged
	}
	in.now, in.seen.Tables[t.Name] = t.Name, Sum{}
	if in.into == nil {
		return nil
	}
	return in.into.table(t)
}

func (in *reader) takeRow() error {
	var raw cbor.RawMessage
	if err := in.take(&raw); err != nil {
		return err
	}
	sum, known := in.seen.Tables[in.now]
	if !known {
		return ErrDamaged
	}
	sum.add(raw)
	in.seen.Tables[in.now] = sum
	if in.into == nil {
		return nil
	}
	var values []any
	if err := decoding.Unmarshal(raw, &values); err != nil {
		return in.damaged(err)
	}
	return in.into.row(values)
}

func (in *reader) takeFile() error {
	var f file
	if err := in.take(&f); err != nil {
		return err
	}
	parts := &parts{in: in}
	var kept error
	if in.into != nil {
		kept = in.into.file(in.ctx, f.Name, f.Size, parts)
	}
	_, err := io.Copy(io.Discard, parts) // what the sink left, such as the mark of the end
	switch {
	case errors.Is(err, errVoid):
		return nil // it was missing when it was saved, and counted there
	case err != nil:
		return err
	case kept != nil:
		return kept
	case parts.given != f.Size:
		return ErrDamaged
	}
	in.seen.Files++
	in.seen.Bytes += f.Size
	return nil
}

// errVoid ends a file that broke off when it was saved.
var errVoid = errors.New("the file was not whole when it was saved")

// parts reads a file from its items.
type parts struct {
	in    *reader
	rest  []byte
	given int64
	over  error
}

func (p *parts) Read(into []byte) (int, error) {
	for len(p.rest) == 0 && p.over == nil {
		p.over = p.more()
	}
	if len(p.rest) == 0 {
		return 0, p.over
	}
	n := copy(into, p.rest)
	p.rest = p.rest[n:]
	p.given += int64(n)
	return n, nil
}

func (p *parts) more() error {
	var what int
	if err := p.in.next(&what); err != nil {
		return err
	}
	switch what {
	case itemPart:
		return p.in.take(&p.rest)
	case itemWhole, itemVoid:
		var nothing any
		if err := p.in.take(&nothing); err != nil {
			return err
		}
		if what == itemVoid {
			return errVoid
		}
		return io.EOF
	}
	return ErrDamaged
}

// takeEnd looks whether what was read is what the stream says it holds, and whether it ends there.
func (in *reader) takeEnd() error {
	var said Contents
	if err := in.take(&said); err != nil {
		return err
	}
	in.seen.Missing = said.Missing
	if !in.seen.Equals(&said) {
		return ErrDamaged
	}
	var more int
	if err := in.items.Decode(&more); !errors.Is(err, io.EOF) {
		return in.damaged(err)
	}
	if in.into == nil {
		return nil
	}
	return in.into.end(&in.seen)
}

// Equals tells whether both have the same rows and files.
func (c *Contents) Equals(o *Contents) bool {
	if len(c.Tables) != len(o.Tables) || c.Files != o.Files || c.Bytes != o.Bytes {
		return false
	}
	for name, sum := range c.Tables {
		if o.Tables[name] != sum {
			return false
		}
	}
	return true
}
