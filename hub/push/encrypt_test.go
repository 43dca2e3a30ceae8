package push

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"testing"

	"panah/hub/push/pushtest"
)

// The example of RFC 8291, 5 and appendix A.
const (
	rfcPlain    = "When I grow up, I want to be a watermelon"
	rfcSender   = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
	rfcReceiver = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
	rfcAuth     = "BTBZMqHH6r4Tts7J_aSIgg"
	rfcSalt     = "DGv6ra1nlYgDCS1FRnbzlw"
	rfcMessage  = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml" +
		"mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func keyOf(t *testing.T, text string) *ecdh.PrivateKey {
	t.Helper()
	key, err := ecdh.P256().NewPrivateKey(bytesOf(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// The RFC's message names records of 4,096 bytes and has one without padding; ours name the size that they have. What is sealed is the same.
func TestEncryptAsTheRFC(t *testing.T) {
	own, theirs := keyOf(t, rfcSender), keyOf(t, rfcReceiver)
	want := bytesOf(t, rfcMessage)
	got, err := encrypt([]byte(rfcPlain), receiver{theirs.PublicKey(), bytesOf(t, rfcAuth)}, own, bytesOf(t, rfcSalt), len(rfcPlain)+1)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got[:16], want[:16]) || !bytes.Equal(got[20:], want[20:]) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	plain, err := pushtest.Fixed(theirs, bytesOf(t, rfcAuth)).Decrypt(want)
	if err != nil || string(plain) != rfcPlain {
		t.Errorf("the receiver reads %q, %v", plain, err)
	}
}

func TestEveryPayloadHasOneLength(t *testing.T) {
	browser := keyOf(t, rfcReceiver)
	to := receiver{browser.PublicKey(), bytesOf(t, rfcAuth)}
	for _, n := range []int{0, 1, 500, padded - 1} {
		own, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		body, err := encrypt(bytes.Repeat([]byte("x"), n), to, own, make([]byte, saltSize), padded)
		if err != nil || len(body) != 86+padded+tagSize {
			t.Errorf("%d bytes became %d, %v", n, len(body), err)
		}
		plain, err := pushtest.Fixed(browser, to.auth).Decrypt(body)
		if err != nil || len(plain) != n {
			t.Errorf("%d bytes came back as %d, %v", n, len(plain), err)
		}
	}
	if _, err := encrypt(make([]byte, padded), to, keyOf(t, rfcSender), make([]byte, saltSize), padded); err == nil {
		t.Error("a payload as long as its padding was taken")
	}
}
