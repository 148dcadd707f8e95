//! The proxy, before a server that only listens and before PostgreSQL.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use throwaway::{Cluster, Cut, Proxy};
use tokio_postgres::{Client, NoTls};

/// Far longer than a byte takes on this machine.
const SILENCE_MS: u64 = 300;

/// A server that answers every byte with itself and tells, at the end of a connection, what it got.
fn echo() -> (Proxy, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound");
    let (tell, told) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("it was accepted");
            let tell = tell.clone();
            thread::spawn(move || {
                let (mut got, mut byte) = (Vec::new(), [0]);
                while let Ok(1) = stream.read(&mut byte) {
                    got.push(byte[0]);
                    let _ = stream.write_all(&byte);
                }
                let _ = tell.send(got);
            });
        }
    });
    (Proxy::start(address), told)
}

fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address()).expect("the proxy listens")
}

/// Sends, and waits until it has come back.
fn exchange(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).expect("the connection stands");
    let mut back = vec![0; text.len()];
    stream.read_exact(&mut back).expect("the connection stands");
    assert_eq!(back, text.as_bytes());
}

/// All that still comes, up to the reset.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    let error = stream.read_to_end(&mut rest).expect_err("it is reset, not closed");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    rest
}

#[test]
fn the_server_gets_exactly_the_bytes_before_the_cut() {
    let (proxy, told) = echo();
    for bytes in [0, 1, 5, 9] {
        let cuts = proxy.cut_count();
        let mut stream = connect(&proxy);
        exchange(&mut stream, "before,");
        proxy.cut_after(bytes);
        stream.write_all(b"123456789").unwrap();
        rest(&mut stream);
        assert_eq!(told.recv().unwrap(), [b"before,", &b"123456789"[..bytes]].concat());
        assert_eq!(proxy.cut_count(), cuts + 1);
    }
    exchange(&mut connect(&proxy), "one cut for one arming");
    assert_eq!((proxy.connection_count(), proxy.cut_count()), (5, 4));
}

#[test]
fn the_client_gets_exactly_the_bytes_before_the_cut() {
    let (proxy, told) = echo();
    for bytes in [0, 1, 8] {
        let mut stream = connect(&proxy);
        proxy.arm(Cut::to_client(bytes).once_sent(b"COMMIT"));
        exchange(&mut stream, "before");
        stream.write_all(b"COM").unwrap();
        stream.read_exact(&mut [0; 3]).unwrap();
        stream.write_all(b"MIT; and").unwrap();
        assert_eq!(rest(&mut stream), b"MIT; and"[..bytes]);
        let got = told.recv().unwrap();
        assert!(got.starts_with(b"beforeCOMMIT"), "{got:?}");
    }
    assert_eq!(proxy.cut_count(), 3);
}

#[test]
fn a_blackhole_keeps_connections_and_what_was_sent_arrives_when_healed() {
    let (proxy, told) = echo();
    let mut stream = connect(&proxy);
    exchange(&mut stream, "before,");
    proxy.blackhole();
    let mut late = connect(&proxy);
    for stream in [&mut stream, &mut late] {
        stream.write_all(b"during").unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(SILENCE_MS))).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        stream.set_read_timeout(None).unwrap();
    }
    proxy.heal();
    for stream in [&mut stream, &mut late] {
        let mut back = [0; 6];
        stream.read_exact(&mut back).unwrap();
        assert_eq!(&back, b"during");
    }
    drop(stream);
    assert_eq!(told.recv().unwrap(), b"before,during");
}

#[test]
fn refusing_resets_new_connections_only_and_resetting_all_only_old_ones() {
    let (proxy, _told) = echo();
    let mut old = connect(&proxy);
    exchange(&mut old, "before");
    proxy.refuse();
    assert_eq!(rest(&mut connect(&proxy)), b"");
    exchange(&mut old, "still");
    proxy.reset_all();
    assert_eq!(rest(&mut old), b"");
    proxy.heal();
    exchange(&mut connect(&proxy), "again");
    assert_eq!((proxy.connection_count(), proxy.cut_count()), (3, 0));
}

#[test]
fn healing_forgets_a_cut_that_did_not_come() {
    let (proxy, _told) = echo();
    let mut stream = connect(&proxy);
    proxy.arm(Cut::to_server(3));
    exchange(&mut stream, "ab");
    proxy.heal();
    exchange(&mut stream, "cdef");
    assert_eq!(proxy.cut_count(), 0);
}

#[test]
fn a_closed_end_is_closed_at_the_other_one_and_a_lost_server_is_a_reset() {
    let (proxy, told) = echo();
    let mut stream = connect(&proxy);
    exchange(&mut stream, "all");
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    assert_eq!(told.recv().unwrap(), b"all");

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(rest(&mut connect(&Proxy::start(nobody))), b"");
}

/// Inserts a row over the proxy with this cut armed for its commit: what the commit said, and the rows.
async fn commit_with(cut: Cut) -> (bool, Vec<Vec<String>>) {
    let cluster = Cluster::shared();
    let database = cluster.fresh_database();
    cluster.sql(&database.name, "create table kept (line int)");
    let proxy = cluster.proxy();
    let mut client = through(&proxy, &database.name).await;
    let transaction = client.transaction().await.expect("nothing is cut yet");
    transaction.execute("insert into kept values (1)", &[]).await.expect("nothing is cut yet");
    proxy.arm(cut);
    let said = transaction.commit().await;
    assert_eq!(proxy.cut_count(), 1);
    // The server finds the connection lost when it has done what it was told.
    let gone = format!("select from pg_stat_activity where datname = '{}'", database.name);
    while !cluster.sql("postgres", &gone).is_empty() {
        thread::sleep(Duration::from_millis(10));
    }
    (said.is_ok(), cluster.sql(&database.name, "select line from kept"))
}

async fn through(proxy: &Proxy, database: &str) -> Client {
    let (client, connection) =
        tokio_postgres::connect(&proxy.url(database), NoTls).await.expect("nothing is cut yet");
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn a_commit_cut_before_its_last_byte_is_not_made() {
    let cut = Cut::to_server(0).once_sent(b"COMMIT");
    assert_eq!(commit_with(cut).await, (false, vec![]));
}

#[tokio::test]
async fn a_commit_whose_answer_is_cut_is_made_and_not_told() {
    for bytes in [0, 3] {
        let cut = Cut::to_client(bytes).once_sent(b"COMMIT");
        assert_eq!(commit_with(cut).await, (false, vec![vec!["1".to_owned()]]), "{bytes}");
    }
}
