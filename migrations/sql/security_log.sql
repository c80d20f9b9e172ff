CREATE TABLE security_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT, -- a gap would show that a row was removed
  happened_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
  user_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
  what TEXT NOT NULL
);

CREATE TRIGGER role_given AFTER INSERT ON user_roles BEGIN
  INSERT INTO security_log (user_id, what)
    VALUES (new.user_id, 'given: ' || (SELECT name FROM roles WHERE id = new.role_id));
END;

-- the user may be the one who is being removed, and is no reference then
CREATE TRIGGER role_taken AFTER DELETE ON user_roles BEGIN
  INSERT INTO security_log (user_id, what)
    VALUES ((SELECT id FROM users WHERE id = old.user_id),
            'taken: ' || (SELECT name FROM roles WHERE id = old.role_id));
END;
