package store

import "fmt"

// Scanner is a row that is being read.
type Scanner interface{ Scan(into ...any) error }

// All reads the rows of a query, each with scan.
func All[T any](tx *Tx, scan func(Scanner) (T, error), query string, args ...any) (all []T, err error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("%.40s…: %w", query, err)
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// Column reads a query's one column of text.
func Column(tx *Tx, query string, args ...any) ([]string, error) {
	return All(tx, func(row Scanner) (text string, err error) { return text, row.Scan(&text) }, query, args...)
}
