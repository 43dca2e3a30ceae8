package node

import (
	"encoding/hex"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"panah/hub/broker"
	"panah/hub/fault"
	"panah/hub/federation"
	"panah/hub/media/blob"
	"panah/hub/outside"
	"panah/hub/people"
	"panah/hub/push"
	"panah/locales"
)

// Config is what the environment says about one node. Make it with FromEnvironment; Settings documents each name.
type Config struct {
	Host           string // address to listen on
	Port           int    // 0 takes any free one
	Data           string // folder of the embedded database
	DatabaseURL    string // sqlite:PATH or postgres://…
	DatabaseKey    string // 64 hexadecimal digits, or "" for none
	RedisURL       string // "" for one node that needs no other
	ServerName     string // "" takes the one of the first start
	PublicURL      string // without a slash at the end; "" takes the address of each request
	Name           string // of the hub, for people
	Language       string // tag of the catalog for those who ask for none
	SecondLanguage string // tag of the catalog that is tried before English
	MediaStore     string // a folder, or s3://… as blob.ParseS3 has it
	MediaKey       string // of the S3 service
	MediaSecret    string
	MediaQuota     int64 // bytes of all files of one organisation
	MediaLimit     int64 // bytes of one file
	LogLevel       slog.Level
	Metrics        string         // host:port at which metrics and profiles are given, or "" for none
	Retention      time.Duration  // how long posts are kept at the most
	Proxies        []netip.Prefix // whose X-Forwarded-For is believed
	Outside        []string       // hosts of its own network that the hub may reach, as outside.Open takes them
	FederateWith   []string       // server names, or "*", as federation.ParseAllow takes them; nil for no federation
	FederationCA   string         // file of further authorities for other servers' certificates, or ""
	FederationNear []string       // server names that may be on this machine or in its own network
	SecondFactor   people.SecondFactor
	Now            func() time.Time // the clock; nil means the machine's. No name of the environment sets it, nor the next
	HashCost       people.Cost      // of passphrases
	SMTP           string           // address of the mail server, or "" for none
	MailFrom       string
	SecretKey      string // 64 hexadecimal digits, or "" for the database's key, or none
	OldClients     bool   // whether tokens are taken in addresses
}

// Setting is one name of the environment.
type Setting struct {
	Name      string
	Key       string // of the sentence that explains it
	Otherwise string // what holds when it is not set, as it would be written
	take      func(c *Config, value string) bool
}

// Settings are all names that a hub reads, in the order in which help shows them.
var Settings = []Setting{
	{"PORT", "cli.setting.port", "8008", takePort},
	{"PANAH_LISTEN", "cli.setting.listen", "127.0.0.1", takeHost},
	{"PANAH_PUBLIC_URL", "cli.setting.public_url", "", takePublicURL},
	{"PANAH_SERVER_NAME", "cli.setting.server_name", "", takeServerName},
	{"PANAH_NAME", "cli.setting.name", "Panah", takeName},
	{"PANAH_DATA", "cli.setting.data", "./data", takeData},
	{"DATABASE_URL", "cli.setting.database_url", "", takeDatabaseURL},
	{"PANAH_DATABASE_KEY", "cli.setting.database_key", "", takeDatabaseKey},
	{"PANAH_SECRET_KEY", "cli.setting.secret_key", "", takeSecretKey},
	{"REDIS_URL", "cli.setting.redis_url", "", takeRedisURL},
	{"PANAH_DEFAULT_LANGUAGE", "cli.setting.default_language", "en", takeLanguage},
	{"PANAH_SECOND_LANGUAGE", "cli.setting.second_language", "", takeSecondLanguage},
	{"PANAH_MEDIA_STORE", "cli.setting.media_store", "", takeMediaStore},
	{"PANAH_MEDIA_S3_KEY", "cli.setting.media_s3_key", "", takeMediaKey},
	{"PANAH_MEDIA_S3_SECRET", "cli.setting.media_s3_secret", "", takeMediaSecret},
	{"PANAH_MEDIA_QUOTA", "cli.setting.media_quota", "2GiB", takeMediaQuota},
	{"PANAH_MEDIA_LIMIT", "cli.setting.media_limit", "25MiB", takeMediaLimit},
	{"PANAH_SECOND_FACTOR", "cli.setting.second_factor", "required", takeSecondFactor},
	{"PANAH_TRUSTED_PROXIES", "cli.setting.trusted_proxies", "", takeProxies},
	{"PANAH_OUTSIDE_ALLOWED", "cli.setting.outside_allowed", "", takeOutside},
	{"PANAH_FEDERATE_WITH", "cli.setting.federate_with", "", takeFederateWith},
	{"PANAH_FEDERATION_CA", "cli.setting.federation_ca", "", takeFederationCA},
	{"PANAH_FEDERATION_PRIVATE", "cli.setting.federation_private", "", takeFederationPrivate},
	{"PANAH_OLD_CLIENTS", "cli.setting.old_clients", "off", takeOldClients},
	{"PANAH_RETENTION", "cli.setting.retention", "2y", takeRetention},
	{"PANAH_SMTP_URL", "cli.setting.smtp_url", "", takeSMTP},
	{"PANAH_MAIL_FROM", "cli.setting.mail_from", "", takeMailFrom},
	{"PANAH_METRICS_ADDRESS", "cli.setting.metrics_address", "", takeMetrics},
	{"PANAH_LOG_LEVEL", "cli.setting.log_level", "info", takeLogLevel},
}

// testPrefix begins the names that the project's own tests read; they may stand in the environment of a hub under test.
const testPrefix = "PANAH_TEST_"

// FromEnvironment reads the configuration from a process's environment ("NAME=value", as os.Environ gives it). A name of
// ours that is unknown and a value that cannot be read are faults that name the variable, never its value: it may be a secret.
func FromEnvironment(environ []string) (Config, error) {
	given := map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, "PANAH_") && !strings.HasPrefix(name, testPrefix) && !known(name) {
			return Config{}, configFault("error.config_unknown", name)
		}
		given[name] = value
	}
	var c Config
	for _, s := range Settings {
		value := given[s.Name]
		if value == "" {
			value = s.Otherwise
		}
		if value != "" && !s.take(&c, value) {
			return Config{}, configFault("error.config_value", s.Name)
		}
	}
	return c, c.complete()
}

func known(name string) bool {
	return slices.ContainsFunc(Settings, func(s Setting) bool { return s.Name == name })
}

func configFault(key, name string) error {
	return fault.New(http.StatusInternalServerError, "M_UNKNOWN", key, "Name", name)
}

// complete fills in what follows from other values, and checks what must fit together.
func (c *Config) complete() error {
	if c.DatabaseURL == "" {
		c.DatabaseURL = "sqlite:" + filepath.Join(c.Data, "hub.db")
	}
	if c.DatabaseKey != "" && !strings.HasPrefix(c.DatabaseURL, "sqlite:") {
		return configFault("error.config_key_needs_sqlite", "PANAH_DATABASE_KEY")
	}
	if c.MediaStore == "" {
		c.MediaStore = filepath.Join(c.Data, "media")
	}
	if strings.Contains(c.MediaStore, "://") && (c.MediaKey == "" || c.MediaSecret == "") {
		return configFault("error.media_store_needs_key", "PANAH_MEDIA_STORE")
	}
	if (c.SMTP == "") != (c.MailFrom == "") {
		return configFault("error.config_mail", "PANAH_SMTP_URL")
	}
	return nil
}

func takePort(c *Config, value string) (ok bool) {
	port, err := strconv.ParseUint(value, 10, 16)
	c.Port = int(port)
	return err == nil
}

func takeHost(c *Config, value string) bool {
	c.Host = value
	_, err := netip.ParseAddr(value)
	return err == nil || value == "localhost"
}

func takePublicURL(c *Config, value string) bool {
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return false
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return false
	}
	c.PublicURL = u.Scheme + "://" + u.Host
	return true
}

// serverName is the grammar of Matrix specification, appendices, "Server name".
var serverName = regexp.MustCompile(`^([A-Za-z0-9.-]{1,230}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`)

func takeServerName(c *Config, value string) bool {
	c.ServerName = value
	return serverName.MatchString(value)
}

func takeName(c *Config, value string) bool {
	c.Name = value
	return len(value) <= 80
}

func takeData(c *Config, value string) bool {
	c.Data = value
	return true
}

func takeDatabaseURL(c *Config, value string) bool {
	c.DatabaseURL = value
	for _, scheme := range []string{"sqlite:", "postgres://", "postgresql://"} {
		if len(value) > len(scheme) && strings.HasPrefix(value, scheme) {
			return true
		}
	}
	return false
}

func takeDatabaseKey(c *Config, value string) bool {
	c.DatabaseKey = value
	raw, err := hex.DecodeString(value)
	return err == nil && len(raw) == 32
}

func takeSecretKey(c *Config, value string) bool {
	c.SecretKey = value
	raw, err := hex.DecodeString(value)
	return err == nil && len(raw) == 32
}

// secret is the key under which second factors and files are kept: one of their own, or else the database's. nil means that they lie there
// in clear.
func (c *Config) secret() []byte {
	for _, key := range []string{c.SecretKey, c.DatabaseKey} {
		if raw, err := hex.DecodeString(key); err == nil && len(raw) > 0 {
			return raw
		}
	}
	return nil
}

func takeSecondFactor(c *Config, value string) bool {
	c.SecondFactor = people.SecondFactor(value)
	return c.SecondFactor == people.FactorRequired || c.SecondFactor == people.FactorOffered
}

func takeOldClients(c *Config, value string) bool {
	c.OldClients = value == "on"
	return c.OldClients || value == "off"
}

func takeSMTP(c *Config, value string) bool {
	c.SMTP = value
	_, err := push.ParseMail(value, "hub@example.org")
	return err == nil
}

func takeMailFrom(c *Config, value string) bool {
	c.MailFrom = value
	_, err := push.ParseMail("smtp://localhost", value)
	return err == nil
}

func takeRedisURL(c *Config, value string) bool {
	c.RedisURL = value
	u, err := url.Parse(value)
	return err == nil && slices.Contains(broker.Schemes, u.Scheme)
}

func takeLanguage(c *Config, value string) bool {
	c.Language = value
	return slices.Contains(locales.Tags(), value)
}

func takeSecondLanguage(c *Config, value string) bool {
	c.SecondLanguage = value
	return slices.Contains(locales.Tags(), value)
}

// byteUnits are the suffixes of sizes: by powers of 1024, as disks are used.
var byteUnits = map[string]int64{"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}

// parseBytes reads a size such as 25MiB.
func parseBytes(value string) (size int64, ok bool) {
	digits := strings.TrimRight(value, "KMGTiB")
	unit, known := byteUnits[value[len(digits):]]
	n, err := strconv.ParseInt(digits, 10, 64)
	if !known || err != nil || n < 1 || n > math.MaxInt64/unit {
		return 0, false
	}
	return n * unit, true
}

func takeMediaStore(c *Config, value string) bool {
	c.MediaStore = value
	if !strings.Contains(value, "://") {
		return true
	}
	_, err := blob.ParseS3(value)
	return err == nil
}

func takeMediaKey(c *Config, value string) bool {
	c.MediaKey = value
	return true
}

func takeMediaSecret(c *Config, value string) bool {
	c.MediaSecret = value
	return true
}

func takeMediaQuota(c *Config, value string) (ok bool) {
	c.MediaQuota, ok = parseBytes(value)
	return ok
}

// maxMediaLimit bounds the size of one file: it is in memory while it is cleaned.
const maxMediaLimit = 256 << 20

func takeMediaLimit(c *Config, value string) (ok bool) {
	c.MediaLimit, ok = parseBytes(value)
	return ok && c.MediaLimit <= maxMediaLimit
}

// takeMetrics reads a port, which is then this machine's alone, or an address with a port.
func takeMetrics(c *Config, value string) bool {
	if !strings.Contains(value, ":") {
		value = "127.0.0.1:" + value
	}
	address, err := netip.ParseAddrPort(value)
	c.Metrics = address.String()
	return err == nil
}

func takeLogLevel(c *Config, value string) bool {
	return c.LogLevel.UnmarshalText([]byte(value)) == nil
}

// retention is a number of days, of months of 30 days, or of years of 365.
var retention = regexp.MustCompile(`^([1-9][0-9]{0,3})([dmy])$`)

// maxRetention is the longest time that may be set: what a shelter's people once wrote must not lie about for decades.
const maxRetention = 10 * 365 * 24 * time.Hour

func takeRetention(c *Config, value string) bool {
	parts := retention.FindStringSubmatch(value)
	if parts == nil {
		return false
	}
	n, err := strconv.Atoi(parts[1])
	days := map[string]int{"d": 1, "m": 30, "y": 365}[parts[2]]
	c.Retention = time.Duration(n) * time.Duration(days) * 24 * time.Hour
	return err == nil && c.Retention <= maxRetention
}

func takeProxies(c *Config, value string) bool {
	for _, text := range strings.Split(value, ",") {
		prefix, ok := parsePrefix(strings.TrimSpace(text))
		if !ok {
			return false
		}
		c.Proxies = append(c.Proxies, prefix)
	}
	return true
}

func takeOutside(c *Config, value string) bool {
	c.Outside = listed(value)
	_, err := outside.Open(c.Outside)
	return err == nil
}

func takeFederateWith(c *Config, value string) bool {
	c.FederateWith = listed(value)
	_, err := federation.ParseAllow(c.FederateWith)
	return err == nil
}

func takeFederationCA(c *Config, value string) bool {
	c.FederationCA = value
	return true
}

func takeFederationPrivate(c *Config, value string) bool {
	c.FederationNear = listed(value)
	_, err := federation.ParseAllow(c.FederationNear)
	return err == nil && !slices.Contains(c.FederationNear, "*")
}

// listed takes a list apart at its commas.
func listed(value string) (all []string) {
	for _, one := range strings.Split(value, ",") {
		all = append(all, strings.TrimSpace(one))
	}
	return all
}

// parsePrefix takes an address alone as well as a range.
func parsePrefix(text string) (netip.Prefix, bool) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(addr, addr.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(text)
	return prefix, err == nil
}

// address is where the node listens.
func (c *Config) address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }
