-- +goose Up

-- Which positions have which words, for searching. The words are folded and cut by the hub and are lexemes as they are; the text
-- itself is not kept here: what is found is read from the log. Without fastupdate: the hub writes in batches already, and a search
-- must not go through a list of what is not sorted in yet.
CREATE TABLE search_words (
    position BIGINT PRIMARY KEY,
    words    TSVECTOR NOT NULL
);
CREATE INDEX search_words_by_word ON search_words USING GIN (words) WITH (fastupdate = off);

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
