package feed_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"panah/hub/fault"
	"panah/hub/feed"
)

func TestParseToken(t *testing.T) {
	for _, good := range []string{"s0", "s1", "s42", "s42_1795510000123", "s42_17_41", "s9223372036854775807_9223372036854775807"} {
		token, err := feed.ParseToken(good)
		if err != nil || token.String() != good {
			t.Errorf("%s: got %s, %v", good, token, err)
		}
	}
	for _, bad := range []string{"", "s", "42", "s-1", "s+1", "s01", "s1_", "s1_0", "s1_01", "s 1", "s1 ", "s1_2_3", "s3_2_3", "s3_2_0", "s3_2_", "s3_0_2", "s3__2", "s4_3_2_1", "s9223372036854775808", "S1", "s١", strings.Repeat("s1", 100)} {
		if token, err := feed.ParseToken(bad); fault.From(err).Errcode != "M_UNKNOWN_POS" {
			t.Errorf("%q: got %v, %v", bad, token, err)
		}
	}
}

// FuzzParseToken: a token is refused with a fault of the client's, or is one that String writes.
func FuzzParseToken(f *testing.F) {
	for _, seed := range []string{"s0", "s42_17", "s42_17_3", "s", "_", "s1_", "s00", "s18446744073709551616", "\x00", "s١"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		token, err := feed.ParseToken(s)
		if err != nil {
			if fault.From(err).Status != http.StatusBadRequest {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if token.String() != s || token.Position < 0 || token.Moment < 0 || token.Inbox < 0 {
			t.Fatalf("%q was read as %+v, which is written %s", s, token, token)
		}
	})
}

// FuzzParseFilter: a filter is refused with a fault of the client's, or is within its bounds.
func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"room":{"timeline":{"limit":10,"types":["m.*"]},"state":{"lazy_load_members":true}}}`, `{"room":{"rooms":[],"not_rooms":["!a:b"]}}`,
		`[]`, `null`, `{"room":null}`, `{"room":{"timeline":{"limit":-1}}}`, `{"room":{"timeline":{"limit":1e99}}}`, `{"presence":{"types":7}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		filter, err := feed.ParseFilter(raw)
		if err != nil {
			if s := fault.From(err).Status; s >= http.StatusInternalServerError {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		if _, err := json.Marshal(filter); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
	})
}
