//! A server that something is posted to: it keeps what it gets and answers as the test says.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Got {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Got {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

#[derive(Default)]
struct Inside {
    got: Vec<Got>,
    /// Answers to come; then 204.
    answers: VecDeque<&'static str>,
    /// Nobody is answered.
    is_silent: bool,
}

pub struct Receiver {
    pub address: SocketAddr,
    inside: Arc<Mutex<Inside>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let inside = Arc::<Mutex<Inside>>::default();
        let kept = Arc::clone(&inside);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(receive(stream, Arc::clone(&kept)));
            }
        });
        Self { address, inside }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The next request is answered with this head.
    pub fn answer_next(&self, head: &'static str) {
        self.inside.lock().unwrap().answers.push_back(head);
    }

    /// Takes what comes, and answers nobody any more or again.
    pub fn be_silent(&self, is_silent: bool) {
        self.inside.lock().unwrap().is_silent = is_silent;
    }

    pub fn got(&self) -> Vec<Got> {
        self.inside.lock().unwrap().got.clone()
    }

    /// Waits until so many requests have come.
    pub async fn wait_for(&self, count: usize) -> Vec<Got> {
        for _ in 0..3_000 {
            let got = self.got();
            if got.len() >= count {
                return got;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} of {count} requests have come", self.got().len());
    }
}

async fn receive(mut stream: TcpStream, inside: Arc<Mutex<Inside>>) {
    let mut bytes = Vec::new();
    let (head, body) = loop {
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
        let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else { continue };
        let (head, body) = (String::from_utf8_lossy(&bytes[..end]).into_owned(), &bytes[end + 4..]);
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
        });
        if body.len() >= length.unwrap_or(0) {
            break (head, body.to_vec());
        }
    };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let answer = {
        let mut inside = inside.lock().unwrap();
        inside.got.push(Got { path, headers, body });
        inside.answers.pop_front().unwrap_or("204 No Content")
    };
    while inside.lock().unwrap().is_silent {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    // Whoever asked may have gone.
    let _ = stream.write_all(answer.as_bytes()).await;
}
