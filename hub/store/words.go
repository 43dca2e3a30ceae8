package store

import (
	"fmt"
	"strings"
)

// Words is an inverted index over the log: which positions have which words. It is FTS5 on SQLite and a GIN index over lexemes on
// PostgreSQL, with one contract (words_test.go). Words are never empty and consist of letters, marks, numbers and private-use
// characters; whoever uses the index folds them.
type Words interface {
	// Put has a position have these words, in place of any that it had.
	Put(at Position, words []string) error
	// Remove takes a position out. It is no error when it is not in.
	Remove(at Position) error
	// Find gives positions, the newest first.
	Find(m Match) ([]Position, error)
}

// Match is what Find looks for: the positions for which each group has at least one form of which all tokens are there.
type Match struct {
	All    []AnyForm
	Before Position // only positions smaller than this
	Limit  int
	// Since and Until bound the moment of the event at the position, in Unix milliseconds, both inclusive. 0 is no bound.
	Since, Until int64
}

// AnyForm is one thing that is looked for, in each form in which it may be written.
type AnyForm []Form

// Form is one way to write something: all of these tokens.
type Form []Token

// Token is one word, or with Prefix all words that begin so.
type Token struct {
	Word   string
	Prefix bool
}

// Words is the engine's inverted index.
func (tx *Tx) Words() Words {
	if tx.Engine() == Postgres {
		return postgresWords{tx}
	}
	return sqliteWords{tx}
}

// find asks a table whose positions are in column: those that the condition, which has the match for $1, lets through.
func (tx *Tx) find(column, condition, match string, m Match) ([]Position, error) {
	query := `SELECT ` + column + ` FROM search_words WHERE ` + condition + ` AND ` + column + ` < $2`
	args := []any{match, m.Before, m.Limit}
	if m.Since != 0 || m.Until != 0 {
		query += ` AND EXISTS (SELECT 1 FROM events e WHERE e.position = search_words.` + column + `
			AND (CAST($4 AS BIGINT) = 0 OR e.origin_ts >= $4) AND (CAST($5 AS BIGINT) = 0 OR e.origin_ts <= $5))`
		args = append(args, m.Since, m.Until)
	}
	rows, err := tx.Query(query+` ORDER BY `+column+` DESC LIMIT $3`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []Position
	for rows.Next() {
		var at Position
		if err := rows.Scan(&at); err != nil {
			return nil, fmt.Errorf("read what was found: %w", err)
		}
		found = append(found, at)
	}
	return found, rows.Err()
}

// expression writes a match with an engine's own signs.
func (m *Match) expression(and, or string, token func(Token) string) string {
	groups := make([]string, len(m.All))
	for i, group := range m.All {
		forms := make([]string, len(group))
		for j, form := range group {
			tokens := make([]string, len(form))
			for k, t := range form {
				tokens[k] = token(t)
			}
			forms[j] = "(" + strings.Join(tokens, and) + ")"
		}
		groups[i] = "(" + strings.Join(forms, or) + ")"
	}
	return strings.Join(groups, and)
}

type sqliteWords struct{ tx *Tx }

func (w sqliteWords) Put(at Position, words []string) error {
	_, err := w.tx.Exec(`INSERT OR REPLACE INTO search_words (rowid, words) VALUES ($1, $2)`, at, strings.Join(words, " "))
	return err
}

func (w sqliteWords) Remove(at Position) error {
	_, err := w.tx.Exec(`DELETE FROM search_words WHERE rowid = $1`, at)
	return err
}

func (w sqliteWords) Find(m Match) ([]Position, error) {
	match := m.expression(" AND ", " OR ", func(t Token) string {
		quoted := `"` + strings.ReplaceAll(t.Word, `"`, `""`) + `"`
		if t.Prefix {
			quoted += "*"
		}
		return quoted
	})
	return w.tx.find("rowid", "search_words MATCH $1", match, m)
}

type postgresWords struct{ tx *Tx }

func (w postgresWords) Put(at Position, words []string) error {
	_, err := w.tx.Exec(`INSERT INTO search_words (position, words) VALUES ($1, array_to_tsvector($2::text[]))
		ON CONFLICT (position) DO UPDATE SET words = excluded.words`, at, words)
	return err
}

func (w postgresWords) Remove(at Position) error {
	_, err := w.tx.Exec(`DELETE FROM search_words WHERE position = $1`, at)
	return err
}

func (w postgresWords) Find(m Match) ([]Position, error) {
	match := m.expression(" & ", " | ", func(t Token) string {
		quoted := "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(t.Word) + "'"
		if t.Prefix {
			quoted += ":*"
		}
		return quoted
	})
	return w.tx.find("position", "words @@ $1::tsquery", match, m)
}
