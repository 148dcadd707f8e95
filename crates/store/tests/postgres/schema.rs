//! The catalogue: every key leads with its firm, so that the same tables spread over a Citus cluster.

use std::collections::BTreeSet;

use throwaway::{Cluster, Database};

/// Tables that belong to nobody; each stays on one node.
const LOCAL: &[&str] = &["schema_migrations"];

fn migrated() -> Database {
    let database = Cluster::shared().fresh_database();
    store::migrate(&database.url).unwrap();
    database
}

fn rows(database: &Database, sql: &str) -> Vec<Vec<String>> {
    Cluster::shared().sql(&database.name, sql)
}

/// Every key of the database that does not lead with its firm.
fn strays(database: &Database) -> Vec<Vec<String>> {
    let local = LOCAL.join("', '");
    let of_firm = format!(
        "(select oid, case relname when 'firms' then 'id' else 'firm_id' end as owner
          from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
            and relname not in ('{local}'))"
    );
    let column = |table: &str, n: &str| {
        format!("(select attname from pg_attribute where attrelid = {table} and attnum = {n})")
    };
    let (first, from, to) = (
        column("i.indrelid", "i.indkey[0]"),
        column("c.conrelid", "c.conkey[1]"),
        column("c.confrelid", "c.confkey[1]"),
    );
    // A table without a key, an index, a foreign key's either end.
    rows(
        database,
        &format!(
            "select t.oid::regclass, 'no primary key' from {of_firm} t where not exists
                 (select from pg_index i where i.indrelid = t.oid and i.indisprimary)
             union all
             select i.indexrelid::regclass, {first} from {of_firm} t
             join pg_index i on i.indrelid = t.oid where {first} is distinct from t.owner
             union all
             select t.oid::regclass, c.conname from {of_firm} t
             join pg_constraint c on c.conrelid = t.oid and c.contype = 'f'
             left join {of_firm} p on p.oid = c.confrelid
             where {from} <> t.owner or {to} is distinct from p.owner
             union all
             select t.oid::regclass, 'not null is missing' from {of_firm} t
             join pg_attribute a on a.attrelid = t.oid and a.attname = t.owner
             where not a.attnotnull order by 1, 2"
        ),
    )
}

#[test]
fn every_key_leads_with_the_firm() {
    let database = migrated();
    assert_eq!(strays(&database), [[""; 0]; 0]);
    let count = rows(
        &database,
        "select count(*) from pg_index i join pg_class t on t.oid = i.indrelid where t.relnamespace = 'public'::regnamespace",
    );
    assert!(count[0][0].parse::<usize>().unwrap() > 50, "{count:?}: the catalogue was not read");

    for (stray, named) in [
        ("create table strays (id bytea primary key, firm_id bytea not null)", "strays_pkey"),
        ("create table strays (firm_id bytea not null)", "strays"),
        ("create table strays (firm_id bytea, id bytea, unique (firm_id, id))", "strays"),
        ("create index stray on retainers (id)", "stray"),
        ("create unique index stray on retainers (number, firm_id)", "stray"),
        (
            "create table strays (firm_id bytea, id bytea, primary key (firm_id, id),
             foreign key (id, firm_id) references clients (id, firm_id))",
            "strays",
        ),
    ] {
        let unique = "alter table clients add constraint stray_target unique (firm_id, id, number);
                      create unique index turned on clients (id, firm_id)";
        let undone = format!("begin; {stray}; rollback");
        let needs_target = stray.contains("references");
        if needs_target {
            rows(&database, unique);
        }
        rows(&database, &undone);
        rows(&database, stray);
        let found = strays(&database);
        assert!(found.iter().any(|row| row[0] == named), "{stray}: {found:?}");
        let drop = if stray.contains("table") { "drop table strays" } else { "drop index stray" };
        rows(&database, drop);
    }
}

/// What Citus's rules come to, and a record of what was asked of it: a table's keys have its distribution
/// column, and its foreign keys lead, in the same place, to tables that are spread already and in the same
/// group.
const CITUS: &str = "
create table pg_dist_partition (logicalrelid regclass primary key);
create table calls (n serial, name text, by text, colocated text);
create function create_distributed_table(
    table_name regclass, distribution_column text,
    distribution_type text default 'hash', colocate_with text default 'default'
) returns void language plpgsql as $$
declare spread smallint := (select attnum from pg_attribute
    where attrelid = table_name and attname = distribution_column);
begin
    if exists (select from pg_index
               where indrelid = table_name and indisunique and not spread = any (indkey)) then
        raise exception 'cannot create constraint on \"%\"', table_name;
    end if;
    if exists (select from pg_constraint c
               where conrelid = table_name and contype = 'f' and confrelid <> table_name
                 and (not exists (select from pg_dist_partition where logicalrelid = confrelid)
                      or array_position(conkey, spread) is distinct from array_position(confkey,
                          (select attnum from pg_attribute where attrelid = confrelid
                           and attname = (select by from calls where name = confrelid::regclass::text)))
                      or array_position(conkey, spread) is null)) then
        raise exception 'cannot create foreign key constraint on \"%\"', table_name;
    end if;
    if colocate_with <> 'none' and not exists
        (select from calls where name = colocate_with and colocated = 'none') then
        raise exception 'relation % is not distributed', colocate_with;
    end if;
    insert into pg_dist_partition values (table_name);
    insert into calls (name, by, colocated)
        values (table_name::text, distribution_column, colocate_with);
end $$";

fn calls(database: &Database) -> Vec<Vec<String>> {
    rows(database, "select name, by, colocated from calls order by n")
}

fn assert_all_spread(database: &Database) {
    let calls = calls(database);
    assert_eq!(calls[0], ["firms", "id", "none"]);
    assert!(calls[1..].iter().all(|call| call[1..] == ["firm_id", "firms"]), "{calls:?}");
    let names: Vec<_> = calls.iter().map(|call| call[0].clone()).collect();
    let tables = "select relname from pg_class where relkind = 'r'
                  and relnamespace = 'public'::regnamespace
                  and relname not in ('pg_dist_partition', 'calls')";
    let mut tables: BTreeSet<_> = rows(database, tables).into_iter().flatten().collect();
    tables.retain(|table| !LOCAL.contains(&table.as_str()));
    assert_eq!(names.len(), tables.len(), "{names:?}: a table was spread twice");
    assert_eq!(BTreeSet::from_iter(names), tables);
}

#[test]
fn where_citus_is_every_table_of_the_firms_is_spread_once() {
    let database = Cluster::shared().fresh_database();
    rows(&database, CITUS);
    store::migrate(&database.url).unwrap();
    assert_all_spread(&database);
    let before = calls(&database);
    store::migrate(&database.url).unwrap();
    assert_eq!(calls(&database), before);
}

#[test]
fn citus_that_comes_later_finds_the_tables_too() {
    let database = migrated();
    rows(&database, CITUS);
    store::migrate(&database.url).unwrap();
    assert_all_spread(&database);
}

#[test]
fn tables_that_citus_refuses_are_left_as_they_were() {
    let database = Cluster::shared().fresh_database();
    rows(&database, CITUS);
    rows(&database, "create table strays (firm_id bytea, id bytea primary key)");
    let refusal = store::migrate(&database.url).unwrap_err().to_string();
    assert!(refusal.contains("strays") && refusal.contains("nothing was changed"), "{refusal}");
    assert_eq!(rows(&database, "select to_regclass('firms') is null"), [["t"]]);
}
