-- The database that each recipe is tried on: small tables, and what people hang on them.
CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT, country TEXT);
INSERT INTO users VALUES
  (1, 'ann@x', 'Ann', 'de'), (2, 'ann@y', 'Ann', 'de'), (3, 'bob@x', NULL, 'fr'), (4, 'cy@x', 'Cy', 'fr'),
  (5, 'dee@x', 'Dee', 'it'), (6, 'eve@x', 'Eve', 'xx'), (8, 'fay@x', NULL, NULL), (9, 'gus@x', 'Gus', NULL);
CREATE TABLE posts (id INTEGER PRIMARY KEY, user INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title TEXT NOT NULL, score INTEGER NOT NULL DEFAULT 0);
CREATE INDEX posts_top ON posts (score) WHERE score > 2;
INSERT INTO posts VALUES (1, 1, 'a', 3), (2, 1, 'b', 0), (3, 2, 'c', 5), (5, 4, 'd', 1), (6, 9, 'e', 4);
CREATE TABLE likes (user INTEGER REFERENCES users (id) ON DELETE SET NULL,
  post INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE);
INSERT INTO likes VALUES (1, 1), (2, 1), (4, 3), (9, 6);
CREATE TABLE country (code TEXT, name TEXT);
INSERT INTO country VALUES ('de', 'Germany'), ('fr', 'France'), ('fr', 'French Republic'), ('it', 'Italy');
CREATE TABLE ticket (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT);
INSERT INTO ticket (title) VALUES ('one'), ('two'), ('three'), ('four');
DELETE FROM ticket WHERE id = 4;
CREATE TABLE category (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES category (id) ON DELETE CASCADE, name TEXT);
INSERT INTO category VALUES (1, NULL, 'all'), (2, 1, 'food'), (3, 2, 'fruit'), (4, 1, 'tools');
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
INSERT INTO setting VALUES ('color', 'blue'), ('lang', 'en'), ('size', '3');
CREATE TABLE reading (at INTEGER, sensor TEXT, value REAL) STRICT;
INSERT INTO reading VALUES (1, 'a', 1.5), (1, 'a', 1.5), (2, 'a', 1.5), (2, 'b', NULL);
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price INTEGER, gross INTEGER AS (price * 12 / 10) STORED);
INSERT INTO item (id, name, price) VALUES (1, 'nut', 10), (2, 'bolt', 20), (5, 'saw', 80);
CREATE VIEW dear AS SELECT name FROM item WHERE price > 50;
CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT, city TEXT);
INSERT INTO team VALUES (1, 'red', 'Ulm'), (2, 'blue', 'Bonn');
CREATE TABLE member (id INTEGER PRIMARY KEY, team INTEGER REFERENCES team (id) ON DELETE SET NULL, done INTEGER);
INSERT INTO member VALUES (1, 1, 0), (2, 1, 0), (3, 2, 0);
CREATE TABLE queue (member INTEGER);
INSERT INTO queue VALUES (1), (2), (3);
CREATE TRIGGER member_done AFTER UPDATE OF done ON member WHEN new.done BEGIN
  DELETE FROM queue WHERE member = new.id;
END;
CREATE TABLE journal (id INTEGER PRIMARY KEY, line TEXT);
CREATE TRIGGER journal_trim AFTER INSERT ON journal BEGIN
  DELETE FROM journal WHERE id <= new.id - 3;
END;
INSERT INTO journal VALUES (1, 'x'), (2, 'y'), (3, 'z');
CREATE TABLE doc (id INTEGER PRIMARY KEY, body TEXT);
CREATE VIRTUAL TABLE doc_fts USING fts5 (body, content = 'doc', content_rowid = 'id');
CREATE TRIGGER doc_insert AFTER INSERT ON doc BEGIN
  INSERT INTO doc_fts (rowid, body) VALUES (new.id, new.body);
END;
CREATE TRIGGER doc_delete AFTER DELETE ON doc BEGIN
  INSERT INTO doc_fts (doc_fts, rowid, body) VALUES ('delete', old.id, old.body);
END;
CREATE TRIGGER doc_update AFTER UPDATE ON doc BEGIN
  INSERT INTO doc_fts (doc_fts, rowid, body) VALUES ('delete', old.id, old.body);
  INSERT INTO doc_fts (rowid, body) VALUES (new.id, new.body);
END;
INSERT INTO doc VALUES (1, 'red apple'), (2, 'green pear');
