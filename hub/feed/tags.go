package feed

import (
	"context"
	"encoding/json"
	"errors"

	"panah/hub/fault"
	"panah/hub/store"
)

// Tag is what a person's devices know of a room's tag. Order is between 0 and 1.
type Tag struct {
	Order *float64 `json:"order,omitempty"`
}

// tagged is the content of m.tag.
type tagged struct {
	Tags map[string]Tag `json:"tags"`
}

// Tags gives a person's tags of a room by name.
func (f *Feed) Tags(ctx context.Context, userID, roomID string) (map[string]Tag, error) {
	var t tagged
	err := f.db.Read(ctx, func(tx *store.Tx) (err error) {
		t, err = tagsTx(tx, userID, roomID)
		return err
	})
	return t.Tags, err
}

// SetTag adds or changes a tag; its name has at most 255 bytes, a room has at most 100.
func (f *Feed) SetTag(ctx context.Context, userID, roomID, name string, tag Tag) error {
	if err := goodName(name, typeLimit); err != nil {
		return err
	}
	if tag.Order != nil && (*tag.Order < 0 || *tag.Order > 1) {
		return fault.InvalidParam("error.tag_order")
	}
	return f.changeTags(ctx, userID, roomID, func(tags map[string]Tag) error {
		if _, has := tags[name]; !has && len(tags) >= tagLimit {
			return fault.InvalidParam("error.too_many_tags", "Limit", tagLimit)
		}
		tags[name] = tag
		return nil
	})
}

// DeleteTag takes a tag away; that it is not there is no error.
func (f *Feed) DeleteTag(ctx context.Context, userID, roomID, name string) error {
	return f.changeTags(ctx, userID, roomID, func(tags map[string]Tag) error {
		delete(tags, name)
		return nil
	})
}

func (f *Feed) changeTags(ctx context.Context, userID, roomID string, change func(map[string]Tag) error) error {
	return f.db.Write(ctx, func(tx *store.Tx) error {
		if err := f.knowsRoom(tx, userID, roomID); err != nil {
			return err
		}
		t, err := tagsTx(tx, userID, roomID)
		if err != nil {
			return err
		}
		if err := change(t.Tags); err != nil {
			return err
		}
		return f.setAccountDataTx(tx, userID, roomID, typeTag, encode(t))
	})
}

func tagsTx(tx *store.Tx, userID, roomID string) (tagged, error) {
	t := tagged{Tags: map[string]Tag{}}
	content, err := accountDataTx(tx, userID, roomID, typeTag)
	if errors.Is(err, fault.NotFound("error.account_data_absent")) {
		return t, nil
	}
	if err != nil {
		return t, err
	}
	// A client may have written m.tag itself, as account data of any shape; tags that make no sense are not kept.
	if json.Unmarshal(content, &t) != nil || t.Tags == nil {
		t.Tags = map[string]Tag{}
	}
	return t, nil
}
