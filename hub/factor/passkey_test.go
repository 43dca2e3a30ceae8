package factor_test

import (
	"errors"
	"testing"

	"panah/hub/factor"
	"panah/hub/factor/factortest"
)

const origin = "https://hub.example"

func party(t *testing.T, id, origin string) *factor.Party {
	t.Helper()
	p, err := factor.NewParty(id, "Panah", origin)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// owner has one passkey.
func owner(t *testing.T, p *factor.Party) (factor.Owner, *factortest.Key) {
	t.Helper()
	o := factor.Owner{Handle: []byte("handle of the owner"), User: "samira", Name: "Samira"}
	key := factortest.New(t, "hub.example", origin)
	options, state, err := p.BeginAdd(o)
	if err != nil {
		t.Fatal(err)
	}
	made, err := p.FinishAdd(o, state, key.Make(t, options))
	if err != nil {
		t.Fatal(err)
	}
	o.Passkeys = []factor.Passkey{made}
	return o, key
}

// Whatever is not as it was asked for is refused, with the owner known before and without.
func TestPasskeysThatLie(t *testing.T) {
	p := party(t, "hub.example", origin)
	for _, test := range []struct {
		name string
		lie  func(k *factortest.Key)
		ok   bool
	}{
		{"the truth", func(*factortest.Key) {}, true},
		{"another origin", func(k *factortest.Key) { k.Origin = "https://hub.example.evil.example" }, false},
		{"another port", func(k *factortest.Key) { k.Origin = "https://hub.example:8443" }, false},
		{"not loaded safely", func(k *factortest.Key) { k.Origin = "http://hub.example" }, false},
		{"another party", func(k *factortest.Key) { k.RPID = "evil.example" }, false},
		{"holder not verified", func(k *factortest.Key) { k.Verified = false }, false},
		{"somebody else's handle", func(k *factortest.Key) { k.Handle = []byte("handle of another") }, false},
		{"another key", func(k *factortest.Key) { *k = *factortest.New(t, k.RPID, k.Origin) }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, named := range []bool{true, false} {
				o, key := owner(t, p)
				ask := &o
				if !named {
					ask = nil
				}
				options, state, err := p.BeginUse(ask)
				if err != nil {
					t.Fatal(err)
				}
				test.lie(key)
				_, err = p.FinishUse(o, state, key.Use(t, options))
				if (err == nil) != test.ok || err != nil && !errors.Is(err, factor.ErrAnswer) {
					t.Errorf("owner known %t: got %v", named, err)
				}
			}
		})
	}
}

func TestMakingAPasskeyThatLies(t *testing.T) {
	p := party(t, "hub.example", origin)
	o := factor.Owner{Handle: []byte("handle"), User: "samira"}
	for name, lie := range map[string]func(k *factortest.Key){
		"another origin":      func(k *factortest.Key) { k.Origin = "https://evil.example" },
		"another party":       func(k *factortest.Key) { k.RPID = "evil.example" },
		"holder not verified": func(k *factortest.Key) { k.Verified = false },
	} {
		options, state, err := p.BeginAdd(o)
		if err != nil {
			t.Fatal(err)
		}
		key := factortest.New(t, "hub.example", origin)
		lie(key)
		if _, err := p.FinishAdd(o, state, key.Make(t, options)); !errors.Is(err, factor.ErrAnswer) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAnAnswerToAnotherQuestion(t *testing.T) {
	p := party(t, "hub.example", origin)
	o, key := owner(t, p)
	first, _, err := p.BeginUse(&o)
	if err != nil {
		t.Fatal(err)
	}
	_, state, err := p.BeginUse(&o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.FinishUse(o, state, key.Use(t, first)); !errors.Is(err, factor.ErrAnswer) {
		t.Errorf("got %v", err)
	}
}

func TestACounterThatStandsStill(t *testing.T) {
	p := party(t, "hub.example", origin)
	o, key := owner(t, p)
	twin := key.Copy()
	use := func(k *factortest.Key) factor.Passkey {
		options, state, err := p.BeginUse(&o)
		if err != nil {
			t.Fatal(err)
		}
		used, err := p.FinishUse(o, state, k.Use(t, options))
		if err != nil {
			t.Fatal(err)
		}
		o.Passkeys[0] = used
		return used
	}
	if used := use(key); used.Cloned || used.Count != 1 {
		t.Errorf("first use: %+v", used)
	}
	if used := use(twin); !used.Cloned {
		t.Error("a copy whose counter stands where the first one's stood was taken")
	}
	still, other := owner(t, p)
	other.Still, o = true, still
	for range 2 {
		if use(other).Cloned {
			t.Error("a passkey that does not count was taken for a copy")
		}
	}
}
