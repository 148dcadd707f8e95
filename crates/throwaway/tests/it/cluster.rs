//! Starting, sharing and ending clusters.

use std::path::Path;

use throwaway::Cluster;

#[test]
fn a_started_cluster_keeps_its_promises_and_is_gone_when_dropped() {
    let cluster = Cluster::start();
    for (setting, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("wal_level", "replica"),
        ("max_connections", "400"),
    ] {
        assert_eq!(cluster.sql("postgres", &format!("show {setting}")), [[value]], "{setting}");
    }
    let folder = cluster.socket_folder().to_owned();
    assert!(Path::new(&folder).exists());
    drop(cluster);
    assert!(!Path::new(&folder).exists());
}

#[tokio::test]
async fn both_urls_reach_the_database_from_inside_a_runtime() {
    let database = Cluster::shared().fresh_database();
    for url in [&database.url, &database.socket_url] {
        let (client, connection) =
            tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect(url);
        let connection = tokio::spawn(connection);
        let row = client.query_one("select current_database()::text", &[]).await.expect(url);
        assert_eq!(row.get::<_, String>(0), database.name);
        drop(client);
        connection.await.unwrap().unwrap();
    }
}

#[test]
fn a_fresh_database_is_empty_and_one_from_a_template_is_not() {
    let cluster = Cluster::shared();
    let first = cluster.fresh_database();
    cluster.sql(&first.name, "create table kept (line text); insert into kept values ('a')");
    let copy = cluster.fresh_from(&first.name);
    assert_eq!(cluster.sql(&copy.name, "select line from kept"), [["a"]]);
    let second = cluster.fresh_database();
    assert_ne!(first.name, second.name);
    assert!(cluster.try_sql(&second.name, "select line from kept").is_err());
}
