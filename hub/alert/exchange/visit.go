package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"panah/hub/cap"
	"panah/hub/cap/atom"
	"panah/hub/fault"
	"panah/hub/outside"
	"panah/hub/people"
	"panah/hub/store"
)

// filesAtOnce is how many files of one feed are fetched in one reading. The rest waits for the next.
const filesAtOnce = 40

// validators are what a feed gave for asking whether it has changed (RFC 9110, 13.1).
type validators struct{ etag, modified string }

// visit fetches a feed and posts what is new. An error tells that the feed could not be read; a file in it that is refused is no such error.
func (x *Exchange) visit(ctx context.Context, s Source) (got validators, err error) {
	got = validators{s.etag, s.modified}
	as, err := x.reader(ctx, s)
	if err != nil {
		return got, err
	}
	response, err := x.get(ctx, s.Address, got)
	if err != nil {
		return got, err
	}
	if response.StatusCode == http.StatusNotModified {
		return got, response.Body.Close()
	}
	body, err := outside.Body(response, int64(atom.Usual.Bytes))
	if err != nil {
		return got, err
	}
	whole, err := x.takeIn(ctx, s, as, response.Request.URL, body)
	if err != nil || !whole {
		return validators{}, err // ask for all of it next time
	}
	return validators{bounded(response.Header.Get("ETag")), bounded(response.Header.Get("Last-Modified"))}, nil
}

// bounded keeps a header of a stranger small; a longer one is not kept at all.
func bounded(header string) string {
	if len(header) > 200 {
		return ""
	}
	return header
}

func (x *Exchange) get(ctx context.Context, address string, known validators) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fault.InvalidParam("error.outside_address").Because(err)
	}
	request.Header.Set("Accept", atom.MediaType+", "+cap.MediaType+", application/xml;q=0.8, text/xml;q=0.8")
	if known.etag != "" {
		request.Header.Set("If-None-Match", known.etag)
	}
	if known.modified != "" {
		request.Header.Set("If-Modified-Since", known.modified)
	}
	response, err := x.client.Do(request)
	if err != nil {
		return nil, err
	}
	if ok := response.StatusCode == http.StatusOK || response.StatusCode == http.StatusNotModified; !ok {
		return nil, errors.Join(fmt.Errorf("the answer is %d", response.StatusCode), response.Body.Close())
	}
	return response, nil
}

// takeIn posts what a body holds: a feed's alerts, or the one of a CAP file. whole tells that nothing was left for the next reading.
func (x *Exchange) takeIn(ctx context.Context, s Source, as people.Person, base *url.URL, body []byte) (whole bool, err error) {
	feed, err := atom.Read(bytes.NewReader(body), atom.Usual)
	if err == nil {
		return x.takeEntries(ctx, s, as, base, feed)
	}
	if a, capErr := cap.Parse(bytes.NewReader(body), cap.Usual); capErr == nil {
		_, err = x.post(ctx, as, "", s.RoomID, s.Address, a)
		return true, refusedIsRead(err)
	}
	return false, err
}

// refusedIsRead: an alert that has expired or was posted before was read all the same. Trouble with the channel stays trouble.
func refusedIsRead(err error) error {
	if about(err, "cap_") {
		return nil
	}
	return err
}

// about tells whether an error is a fault of this area.
func about(err error, area string) bool {
	var f *fault.Fault
	return errors.As(err, &f) && strings.HasPrefix(strings.TrimPrefix(f.Key, "error."), area)
}

func (x *Exchange) takeEntries(ctx context.Context, s Source, as people.Person, base *url.URL, feed *atom.Feed) (whole bool, err error) {
	known, err := x.knownEntries(ctx, s.ID)
	if err != nil {
		return false, err
	}
	whole = true
	var there, fresh []string
	for _, e := range feed.Entries {
		name := entryName(e)
		there = append(there, name)
		if known[name] || ctx.Err() != nil {
			continue
		}
		if len(fresh) == filesAtOnce {
			whole = false
			break
		}
		if err := x.takeEntry(ctx, s, as, base, e); err != nil {
			whole = false
			if !ofOneFile(err) {
				return false, err
			}
			x.log.Info("a file of a feed could not be fetched", "source", s.ID, "err", withoutAddress(err))
			continue
		}
		fresh = append(fresh, name)
	}
	return whole && ctx.Err() == nil, x.remember(ctx, s.ID, fresh, there, whole)
}

// ofOneFile tells that only one file is to blame: its address or its server, not the channel.
func ofOneFile(err error) bool {
	var f *fault.Fault
	return !errors.As(err, &f) || about(err, "outside_") || f.Key == "error.too_large"
}

// entryName tells one state of an entry from another. It is short whatever the feed says.
func entryName(e atom.Entry) string {
	return strings.Trim(atom.Tag([]byte(e.ID+"\n"+e.Updated.Format(time.RFC3339))), `"`)
}

// takeEntry fetches the file of an entry and posts it. A file that is refused is done with.
func (x *Exchange) takeEntry(ctx context.Context, s Source, as people.Person, base *url.URL, e atom.Entry) error {
	address := fileOf(e, base)
	if address == "" {
		return nil
	}
	if _, err := x.door.CheckFrom(base, address); err != nil {
		return nil // it will not get better
	}
	response, err := x.get(ctx, address, validators{})
	if err != nil {
		return err
	}
	body, err := outside.Body(response, int64(cap.Usual.Bytes))
	if err != nil {
		return err
	}
	a, err := cap.Parse(bytes.NewReader(body), cap.Usual)
	if err != nil {
		return nil
	}
	_, err = x.post(ctx, as, "", s.RoomID, s.Address, a)
	return refusedIsRead(err)
}

// fileOf is where an entry's CAP file is: the link that says so, else the first that may be XML; "" where there is none.
func fileOf(e atom.Entry, base *url.URL) string {
	best := ""
	for _, l := range e.Links {
		to, err := base.Parse(l.Href)
		if err != nil || l.Href == "" || l.Rel != "" && l.Rel != "alternate" && l.Rel != "enclosure" && l.Rel != "related" {
			continue
		}
		to.Fragment = ""
		if strings.HasPrefix(l.Type, cap.MediaType) {
			return to.String()
		}
		if best == "" && (l.Type == "" || strings.Contains(l.Type, "xml") && !strings.Contains(l.Type, "html")) {
			best = to.String()
		}
	}
	return best
}

func (x *Exchange) knownEntries(ctx context.Context, sourceID string) (known map[string]bool, err error) {
	known = map[string]bool{}
	err = x.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.Query(`SELECT entry FROM cap_entries WHERE source_id = $1`, sourceID)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			known[name] = true
		}
		return rows.Err()
	})
	return known, err
}

// remember notes the entries that were looked at, and forgets those that the feed has no more.
func (x *Exchange) remember(ctx context.Context, sourceID string, fresh, there []string, whole bool) error {
	stays := map[string]bool{}
	for _, name := range there {
		stays[name] = true
	}
	known, err := x.knownEntries(ctx, sourceID)
	if err != nil {
		return err
	}
	gone := slices.DeleteFunc(slices.Collect(maps.Keys(known)), func(name string) bool { return !whole || stays[name] })
	if len(fresh)+len(gone) == 0 {
		return nil
	}
	return x.db.Write(ctx, func(tx *store.Tx) error {
		for _, name := range fresh {
			_, err := tx.Exec(`INSERT INTO cap_entries (source_id, entry) SELECT source_id, $2 FROM cap_sources WHERE source_id = $1 ON CONFLICT DO NOTHING`,
				sourceID, name)
			if err != nil {
				return err
			}
		}
		for _, name := range gone {
			if _, err := tx.Exec(`DELETE FROM cap_entries WHERE source_id = $1 AND entry = $2`, sourceID, name); err != nil {
				return err
			}
		}
		return nil
	})
}
