-- +goose Up

-- Which positions have which words, for searching. The words are folded and cut by the hub; the tokenizer only takes them apart
-- at spaces. The text itself is not kept here: what is found is read from the log. detail=none: the hub looks for itself
-- in which order words stand.
CREATE VIRTUAL TABLE search_words USING fts5(words, content='', contentless_delete=1, detail=none, tokenize='ascii', prefix='2 3');

-- How far searching has read the log: everything after begun and up to live, and, going back over what was there before, everything
-- after back and up to begun.
CREATE TABLE search_progress (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    begun BIGINT NOT NULL,
    live  BIGINT NOT NULL,
    back  BIGINT NOT NULL
);
INSERT INTO search_progress (id, begun, live, back) SELECT 1, head, head, head FROM counter;

-- +goose Down
DROP TABLE search_progress;
DROP TABLE search_words;
