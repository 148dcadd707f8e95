//! Queries as PostgreSQL takes them. They are written once, for SQLite, and differ in no more than this:
//!
//! * `?1` is `$1`.
//! * `indexed by …` and `cross join …` tell SQLite, which knows nothing of how many rows there are, which
//!   way to go. PostgreSQL knows, and has no such words; there `cross join` is a join.

/// The same query.
pub(super) fn translated(sql: &str) -> String {
    let mut parts = sql.split(" indexed by ");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // What follows the index's name.
        kept.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'));
    }
    kept.replace("cross join", "join").replace('?', "$")
}

#[cfg(test)]
mod tests {
    use super::translated;

    #[test]
    fn places_are_named_and_hints_left_out() {
        for (sqlite, postgres) in [
            (
                "select 1 from a where b = ?1 and c > ?12",
                "select 1 from a where b = $1 and c > $12",
            ),
            ("from a b indexed by a_c where b.d", "from a b where b.d"),
            ("(select id from a indexed by a_2\n where x)", "(select id from a\n where x)"),
            ("from a indexed by c", "from a"),
            ("(select 1) page\n cross join a on true", "(select 1) page\n join a on true"),
        ] {
            assert_eq!(translated(sqlite), postgres);
        }
    }
}
