package node_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"panah/hub/fault"
	"panah/hub/node"
)

func TestConfigFromNothing(t *testing.T) {
	c, err := node.FromEnvironment([]string{"HOME=/root", "PANAH_TEST_POSTGRES=postgres://x"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Port != 8008 || c.Host != "127.0.0.1" || c.DatabaseURL != "sqlite:data/hub.db" || c.Language != "en" || c.LogLevel != slog.LevelInfo {
		t.Errorf("got %+v", c)
	}
}

func TestConfigValues(t *testing.T) {
	c, err := node.FromEnvironment([]string{
		"PORT=0", "PANAH_LISTEN=::", "PANAH_PUBLIC_URL=https://hub.example.org/", "PANAH_SERVER_NAME=example.org:8448",
		"DATABASE_URL=postgres://hub@db/hub", "REDIS_URL=redis://cache:6379/0", "PANAH_DEFAULT_LANGUAGE=tg",
		"PANAH_SECOND_LANGUAGE=ru", "PANAH_TRUSTED_PROXIES=10.0.0.0/8, ::1", "PANAH_LOG_LEVEL=warn", "PANAH_RETENTION=6m",
		"PANAH_OUTSIDE_ALLOWED=feeds.inside, 10.0.0.7:8080", "PANAH_OLD_CLIENTS=on",
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.PublicURL != "https://hub.example.org" || len(c.Proxies) != 2 || c.Proxies[1].String() != "::1/128" || c.LogLevel != slog.LevelWarn || c.Retention != 180*24*time.Hour || len(c.Outside) != 2 || !c.OldClients {
		t.Errorf("got %+v", c)
	}
}

func TestConfigRefusesWhatItCannotRead(t *testing.T) {
	tests := []struct{ line, key string }{
		{"PANAH_SERVERNAME=example.org", "error.config_unknown"},
		{"PORT=eighty", "error.config_value"},
		{"PORT=70000", "error.config_value"},
		{"PANAH_LISTEN=everywhere", "error.config_value"},
		{"PANAH_PUBLIC_URL=hub.example.org", "error.config_value"},
		{"PANAH_PUBLIC_URL=https://hub.example.org/deep", "error.config_value"},
		{"PANAH_PUBLIC_URL=https://user@hub.example.org", "error.config_value"},
		{"PANAH_SERVER_NAME=two words", "error.config_value"},
		{"DATABASE_URL=mysql://db", "error.config_value"},
		{"DATABASE_URL=sqlite:", "error.config_value"},
		{"PANAH_DATABASE_KEY=short", "error.config_value"},
		{"REDIS_URL=http://cache", "error.config_value"},
		{"PANAH_DEFAULT_LANGUAGE=sw", "error.config_value"},
		{"PANAH_TRUSTED_PROXIES=ten", "error.config_value"},
		{"PANAH_OUTSIDE_ALLOWED=feeds.inside,", "error.config_value"},
		{"PANAH_SMTP_URL=http://mail", "error.config_value"},
		{"PANAH_SMTP_URL=smtp://mail.example.org:99999", "error.config_value"},
		{"PANAH_MAIL_FROM=nobody", "error.config_value"},
		{"PANAH_LOG_LEVEL=loud", "error.config_value"},
		{"PANAH_OLD_CLIENTS=yes", "error.config_value"},
		{"PANAH_RETENTION=0d", "error.config_value"},
		{"PANAH_RETENTION=11y", "error.config_value"},
		{"PANAH_RETENTION=forever", "error.config_value"},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			_, err := node.FromEnvironment([]string{test.line})
			var f *fault.Fault
			if !errors.As(err, &f) || f.Key != test.key {
				t.Fatalf("got %v, want %s", err, test.key)
			}
			name, value, _ := strings.Cut(test.line, "=")
			if f.Args["Name"] != name || strings.Contains(err.Error(), value) {
				t.Errorf("the error must name %s and not its value: %v", name, err)
			}
		})
	}
	_, err := node.FromEnvironment([]string{"DATABASE_URL=postgres://db/hub", "PANAH_DATABASE_KEY=" + strings.Repeat("ab", 32)})
	if !errors.Is(err, fault.New(500, "M_UNKNOWN", "error.config_key_needs_sqlite")) {
		t.Errorf("a key for PostgreSQL: got %v", err)
	}
}
