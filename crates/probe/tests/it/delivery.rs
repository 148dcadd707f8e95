//! What reaches the server, seen from a raw socket: nothing whole before the release, all of it in one piece.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Duration, Instant},
};

use probe::wire::{Call, Delivery, Limits, Lost, Wire};

fn wire(listener: &TcpListener) -> Wire {
    let url = format!("http://{}", listener.local_addr().unwrap());
    let limits = Limits { answer_wait: Duration::from_secs(2), ..Limits::default() };
    Wire::new(vec![url.parse().unwrap()], limits)
}

fn call(body: &str) -> Call {
    let (method, path) = ("POST".to_owned(), "/pay".to_owned());
    Call { method, path, body: Some(body.to_owned()), ..Call::default() }
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Reads until nothing more has come for a while: what stands there before the release.
fn read_until_quiet(stream: &mut TcpStream, wait: Duration) -> Vec<u8> {
    let mut all = Vec::new();
    let mut part = [0; 4096];
    stream.set_read_timeout(Some(wait)).unwrap();
    while let Ok(count) = stream.read(&mut part) {
        if count == 0 {
            break;
        }
        all.extend_from_slice(&part[..count]);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_byte_is_held_back_until_all_are_ready() {
    const N: usize = 20;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let wire = wire(&listener);
    let (tell, told) = mpsc::channel();
    let server = std::thread::spawn(move || {
        let handlers: Vec<_> = (0..N)
            .map(|_| {
                let (mut stream, _) = listener.accept().unwrap();
                let tell = tell.clone();
                std::thread::spawn(move || {
                    let mut all = Vec::new();
                    let mut byte = [0; 512];
                    while !all.ends_with(b"{\"n\":1}") {
                        let count = stream.read(&mut byte).unwrap();
                        assert!(count > 0);
                        all.extend_from_slice(&byte[..count]);
                        let last = (all.ends_with(b"{\"n\":1}"), count, Instant::now());
                        tell.send(last).unwrap();
                    }
                    stream.write_all(OK).unwrap();
                })
            })
            .collect();
        handlers.into_iter().for_each(|handler| handler.join().unwrap());
    });
    let volley = wire.race(&vec![call("{\"n\":1}"); N], Delivery::LastByte).await.unwrap();
    server.join().unwrap();
    assert!(!volley.is_early);
    assert!(volley.replies.iter().all(|reply| reply.result.as_ref().unwrap().status == 200));
    let reads: Vec<_> = told.iter().collect();
    let lasts: Vec<_> = reads.iter().filter(|(is_last, _, _)| *is_last).collect();
    assert_eq!(lasts.len(), N);
    assert!(lasts.iter().all(|(_, count, _)| *count == 1), "the last read is one byte");
    let arrivals: Vec<Instant> = lasts.iter().map(|(_, _, at)| *at).collect();
    let latest_head = reads.iter().filter(|(is_last, _, _)| !is_last).map(|(_, _, at)| *at).max();
    assert!(arrivals.iter().min() > latest_head.as_ref(), "nothing is whole before all are ready");
    print_spread("last byte", arrivals, volley.spread());
}

fn print_spread(what: &str, mut arrivals: Vec<Instant>, release: Duration) {
    arrivals.sort_unstable();
    let from_first: Vec<_> = arrivals.iter().map(|at| *at - arrivals[0]).collect();
    let (p50, p95) = (from_first[from_first.len() / 2], from_first[from_first.len() * 95 / 100]);
    println!(
        "{what}: {} arrivals, p50 {p50:?}, p95 {p95:?} after the first; release {release:?}",
        arrivals.len()
    );
}

/// The frames of a piece of HTTP/2: type, flags, stream.
fn frames(mut bytes: &[u8]) -> Vec<(u8, u8, u32)> {
    let mut all = Vec::new();
    while bytes.len() >= 9 {
        let length =
            usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]);
        let stream = u32::from_be_bytes([bytes[5], bytes[6], bytes[7], bytes[8]]);
        all.push((bytes[3], bytes[4], stream));
        bytes = bytes.get(9 + length..).unwrap_or_default();
    }
    all
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const END_STREAM: u8 = 1;
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
const SETTINGS_ACK: &[u8] = &[0, 0, 0, 4, 1, 0, 0, 0, 0];

/// Shakes hands as an HTTP/2 server: settings, and the pong that the prober waits for.
fn shake_hands(stream: &mut TcpStream) -> Vec<u8> {
    stream.write_all(SETTINGS).unwrap();
    let before = read_until_quiet(stream, Duration::from_millis(60));
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    assert!(before.starts_with(preface));
    let rest = &before[preface.len()..];
    // The ping is somewhere among the first frames: answer what it says.
    let ping = rest.windows(9).position(|head| head[..5] == [0, 0, 8, 6, 0]).expect("a ping");
    let mut pong = vec![0, 0, 8, 6, 1, 0, 0, 0, 0];
    pong.extend_from_slice(&rest[ping + 9..ping + 17]);
    stream.write_all(SETTINGS_ACK).unwrap();
    stream.write_all(&pong).unwrap();
    rest.to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_last_frames_arrive_in_one_read() {
    const N: usize = 20;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let limits = Limits { answer_wait: Duration::from_secs(3), settle: Duration::from_millis(300) };
    let wire = Wire::new(vec![url.parse().unwrap()], limits);
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        shake_hands(&mut stream);
        let before = read_until_quiet(&mut stream, Duration::from_millis(150));
        stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        let mut at_once = [0; 4096];
        let count = stream.read(&mut at_once).unwrap();
        (before, at_once[..count].to_vec())
    });
    let volley = wire.race(&vec![call("{\"n\":1}"); N], Delivery::SingleWrite).await.unwrap();
    let (before, at_once) = server.join().unwrap();
    let before = frames(&before);
    assert_eq!(before.iter().filter(|(kind, _, _)| *kind == HEADERS).count(), N);
    assert!(
        before.iter().all(|(kind, flags, _)| *kind > HEADERS || flags & END_STREAM == 0),
        "no request is whole before the release"
    );
    let last: Vec<_> = frames(&at_once)
        .into_iter()
        .filter(|(kind, flags, _)| *kind == DATA && flags & END_STREAM != 0)
        .collect();
    assert_eq!(last.len(), N, "one read holds the last frames of all");
    println!("single write: {N} last frames in one read of {} bytes", at_once.len());
    // The server hung up: nobody knows what became of them.
    assert!(volley.replies.iter().all(|reply| reply.result.is_err()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_before_its_request_is_whole_voids_the_round() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let wire = wire(&listener);
    let server = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(OK).unwrap();
            std::thread::spawn(move || read_until_quiet(&mut stream, Duration::from_secs(1)));
        }
    });
    let volley = wire.race(&vec![call("{}"); 2], Delivery::LastByte).await.unwrap();
    assert!(volley.is_early);
    server.join().unwrap();
}

/// A server that answers every request with these bytes and hangs up.
fn answering(bytes: &'static [u8]) -> Wire {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let wire = wire(&listener);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(bytes);
            });
        }
    });
    wire
}

#[tokio::test]
async fn whatever_is_no_whole_answer_is_no_answer() {
    let truncated = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok");
    assert_eq!(truncated.send(&call("{}")).await.result, Err(Lost::Truncated));
    let silent = answering(b"");
    assert!(silent.send(&call("{}")).await.result.is_err());
    let garbled = answering(b"SSH-2.0-OpenSSH_9.2\r\n");
    assert!(matches!(garbled.send(&call("{}")).await.result, Err(Lost::Garbled(_))));
    let no_h2 = answering(OK);
    assert!(no_h2.race(&[call("{}")], Delivery::SingleWrite).await.is_err());
}

#[tokio::test]
async fn answers_of_every_framing_are_read() {
    let chunked: &[u8] =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n3\r\n, s\r\n0\r\nx: y\r\n\r\n";
    let response = answering(chunked).send(&call("{}")).await.result.unwrap();
    assert_eq!(response.body, b"ok, s");
    let until_closed: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\nall of it";
    let response = answering(until_closed).send(&call("{}")).await.result.unwrap();
    assert_eq!((response.status, response.body.as_slice()), (201, b"all of it".as_slice()));
    let empty: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
    assert_eq!(answering(empty).send(&call("{}")).await.result.unwrap().status, 204);
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let limits = Limits { answer_wait: Duration::from_millis(100), ..Limits::default() };
    let wire = Wire::new(vec![url.parse().unwrap()], limits);
    assert_eq!(wire.send(&call("{}")).await.result, Err(Lost::Late));
}
