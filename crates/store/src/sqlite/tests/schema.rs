//! The catalogue: every key leads with its firm.

use rusqlite::Connection;

use crate::{migrate::ALL, sqlite::migrate};

#[test]
fn every_key_leads_with_the_firm() {
    let mut db = Connection::open_in_memory().unwrap();
    migrate::run(&mut db, ALL).unwrap();
    let mut checked = 0;
    for table in list(&db, "select name from sqlite_master where type = 'table'") {
        if table == "schema_migrations" {
            continue;
        }
        let owner = if table == "firms" { "id" } else { "firm_id" };
        let strict = list(&db, &format!("select strict from pragma_table_list('{table}')"));
        assert_eq!(strict, ["1"], "{table} is not strict");
        let key = list(
            &db,
            &format!("select name from pragma_table_info('{table}') where pk > 0 order by pk"),
        );
        assert_eq!(key.first().map(String::as_str), Some(owner), "primary key of {table}");
        for index in list(&db, &format!("select name from pragma_index_list('{table}')")) {
            let columns =
                list(&db, &format!("select name from pragma_index_info('{index}') order by seqno"));
            assert_eq!(
                columns.first().map(String::as_str),
                Some(owner),
                "index {index} of {table}"
            );
            checked += 1;
        }
        let leading = "from pragma_foreign_key_list";
        for column in list(&db, &format!("select \"from\" {leading}('{table}') where seq = 0")) {
            assert_eq!(column, "firm_id", "foreign key of {table}");
            checked += 1;
        }
        let to = list(&db, &format!("select \"to\" {leading}('{table}') where seq = 0"));
        assert!(to.iter().all(|column| column == "firm_id" || column == "id"), "{table} -> {to:?}");
    }
    assert!(checked > 20, "the catalogue was read: {checked}");
}

#[test]
fn the_hot_tables_carry_no_second_index() {
    let mut db = Connection::open_in_memory().unwrap();
    migrate::run(&mut db, ALL).unwrap();
    for table in ["movements", "entries", "audit"] {
        let second = format!("select name from pragma_index_list('{table}') where origin <> 'pk'");
        assert_eq!(list(&db, &second), Vec::<String>::new(), "{table}");
    }
}

fn list(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(sql).unwrap();
    let values = statement.query_map([], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
    values
        .map(|value| match value.unwrap() {
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Integer(number) => number.to_string(),
            other => panic!("{other:?}"),
        })
        .collect()
}
