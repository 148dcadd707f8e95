//! The program from outside: its exit codes, what it refuses, what it leaves behind, and TLS.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use probe::{
    naive::Naive,
    twin::{Flaw, Options, Twin},
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use serde_json::Value;
use tokio_rustls::TlsAcceptor;

/// Any port of this machine.
const ANY: &str = "127.0.0.1:0";
const CLEAN: i32 = 0;
const VIOLATION: i32 = 1;
const INCONCLUSIVE: i32 = 2;
const ERROR: i32 = 3;

fn probe(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn run(url: &str, arguments: &[&str]) -> (i32, String) {
    let mut all = vec!["run", "--target", url];
    for default in [["--scenario", "S01"], ["--rounds", "6"]] {
        all.extend(default.iter().filter(|_| !arguments.contains(&default[0])));
    }
    all.extend(arguments);
    let output = probe(&all);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn twin(flaw: Option<Flaw>) -> Twin {
    Twin::start(&Options { flaw, ..Options::default() }).unwrap()
}

fn naive(window_ms: u64) -> Naive {
    Naive::start(ANY.parse().unwrap(), Duration::from_millis(window_ms)).unwrap()
}

const TWIN: [&str; 4] = ["--adapter", "twin", "--delivery", "last-byte"];

#[test]
fn clean_is_0_a_violation_is_1() {
    let (code, text) = run(&twin(None).urls()[0], &TWIN);
    assert_eq!(code, CLEAN, "{text}");
    assert!(text.contains("clean        S01") && text.contains("twin caught in"), "{text}");
    let (code, text) = run(&twin(Some(Flaw::ToctouConsume)).urls()[0], &TWIN);
    assert_eq!(code, VIOLATION, "{text}");
    assert!(
        text.contains("VIOLATION    S01") && text.contains("money or truth was lost"),
        "{text}"
    );
}

#[test]
fn what_says_nothing_is_2() {
    let twin = twin(None);
    let url = &twin.urls()[0];
    let (code, text) = run(url, &[&TWIN[..], &["--twin-rounds", "0"]].concat());
    assert_eq!((code, text.contains("INCONCLUSIVE S01")), (INCONCLUSIVE, true), "{text}");
    let (code, text) = run(url, &["--adapter", "twin", "--delivery", "one-by-one"]);
    assert_eq!((code, text.contains("no round raced anything")), (INCONCLUSIVE, true), "{text}");
    // Nothing but skipped scenarios is no clean run.
    let (code, text) = run(&naive(2).url(), &["--adapter", "express", "--scenario", "S18"]);
    assert_eq!((code, text.contains("SKIPPED      S18")), (INCONCLUSIVE, true), "{text}");
}

#[test]
fn a_target_or_a_question_that_does_not_work_is_3() {
    let port = TcpListener::bind(ANY).unwrap();
    let nobody = format!("http://{}", port.local_addr().unwrap());
    drop(port);
    let twin = twin(None);
    let url = &twin.urls()[0];
    for (url, arguments, why) in [
        (nobody.as_str(), &TWIN[..], "refused (os error"),
        (url, &["--adapter", "express"], "was answered 400"),
        (url, &["--adapter", "/nowhere.toml"], "/nowhere.toml"),
        (url, &["--adapter", "twin", "--scenario", "S99"], "S99: known are S01"),
        (url, &["--adapter", "twin", "--delivery", "pigeon"], "pigeon"),
        (url, &["--adapter", "twin", "--ca", "/nowhere.pem"], "/nowhere.pem"),
        ("http://192.0.2.1:80", &TWIN[..], "--i-own-this-target"),
        ("https://example.invalid", &TWIN[..], "is not this machine"),
    ] {
        let (code, text) = run(url, arguments);
        assert_eq!((code, text.contains(why)), (ERROR, true), "{url} {arguments:?}: {text}");
    }
}

#[test]
fn more_than_the_hard_caps_is_refused() {
    let twin = twin(None);
    let url = &twin.urls()[0];
    for beyond in [["--rounds", "100001"], ["--n", "201"], ["--n", "1"], ["--rounds", "0"]] {
        let output = probe(&[&["run", "--target", url, "--adapter", "twin"], &beyond[..]].concat());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && text.contains(beyond[1]), "{beyond:?}: {text}");
    }
    let capped = [&TWIN[..], &["--rounds", "100000", "--requests-max", "100"]].concat();
    let (_, text) = run(url, &capped);
    assert!(text.contains("raced rounds") && !text.contains(" 100000 raced"), "{text}");
    let (code, text) =
        run(url, &[&TWIN[..], &["--rounds", "100000", "--cell-seconds-max", "1"]].concat());
    assert_eq!(code, CLEAN, "{text}");
}

#[test]
fn a_report_tells_on_what_and_how_it_was_made_and_how_it_is_seen_again() {
    let folder = tempfile::tempdir().unwrap();
    // Wide enough for a shell that starts one curl after the other.
    let naive = naive(400);
    let out = folder.path().to_str().unwrap();
    let arguments =
        ["--adapter", "express", "--delivery", "last-byte", "--rounds", "1", "--out", out];
    let (code, text) = run(&naive.url(), &[&arguments[..], &["--commit", "c0ffee"]].concat());
    assert_eq!(code, VIOLATION, "{text}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let report: Value = serde_json::from_str(&read("report.json")).unwrap();
    assert_eq!(report["commit"], "c0ffee");
    assert_eq!(report["adapter_sha256"].as_str().unwrap().len(), 64);
    assert!(report["machine"]["cores"].as_u64().unwrap() > 0, "{}", report["machine"]);
    let html = read("report.html");
    let machine = report["machine"]["system"].as_str().unwrap();
    for part in [machine, "c0ffee", report["adapter_sha256"].as_str().unwrap(), "curl -s -X POST"] {
        assert!(html.contains(part), "{part} is not on the page");
    }
    assert!(!html.contains("http-equiv") && !html.contains("src="), "it fetches nothing");
    assert!(read("junit.xml").contains("<failure"));
    let (code, text) = check(&folder.path().join("S01-last-byte.jsonl"));
    assert_eq!(code, VIOLATION, "{text}");
    again_in_a_shell(&report["cells"][0]["curl"]);
}

fn check(history: &Path) -> (i32, String) {
    let output = probe(&["check", history.to_str().unwrap(), "--timeline"]);
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// The lines of the report, run as a person would: the retainer is overdrawn once more.
fn again_in_a_shell(lines: &Value) {
    let lines: Vec<&str> =
        lines.as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let raced = lines.iter().filter(|line| line.ends_with(" &")).count();
    assert!(raced >= 2, "{lines:#?}");
    let shell = Command::new("bash").args(["-euc", &lines.join("\n")]).env("TOKEN_a", "a").output();
    let shell = shell.expect("bash, curl and jq are installed");
    let said = String::from_utf8(shell.stdout).unwrap();
    assert!(shell.status.success(), "{said}{}", String::from_utf8_lossy(&shell.stderr));
    let accepted = said.matches("\"currentBalance\":50.0").count();
    assert!(accepted > 3, "several, and what is read afterwards, say that 50.00 are left: {said}");
}

/// What a person at a terminal sees: `script` is one.
#[test]
fn progress_is_shown_on_a_terminal_and_nowhere_else() {
    let twin = twin(None);
    let url = &twin.urls()[0];
    let command = format!(
        "{} run --target {url} --adapter twin --scenario S01 --delivery last-byte --rounds 40",
        env!("CARGO_BIN_EXE_probe")
    );
    let mut script = Command::new("script");
    let shown = script.args(["-qec", &command, "/dev/null"]).stdin(Stdio::null()).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("S01 last-byte") && shown.contains("/60"), "{shown:?}");
    assert!(shown.contains("clean        S01"), "{shown:?}");
    let (_, silent) = run(url, &TWIN);
    assert!(!silent.contains("/26") && !silent.contains('\r'), "{silent:?}");
}

/// An authority and a server's certificate by it, made by somebody else: openssl.
struct Authority(tempfile::TempDir);

impl Authority {
    fn new() -> Self {
        let authority = Self(tempfile::tempdir().unwrap());
        authority.openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key \
             -out ca.pem -subj /CN=authority -days 2",
        );
        fs::write(authority.path("names"), "subjectAltName=IP:127.0.0.1").unwrap();
        authority.openssl(
            "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key \
             -out server.csr -subj /CN=server",
        );
        authority.openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names \
             -out server.pem -days 2",
        );
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn openssl(&self, arguments: &str) {
        let mut openssl = Command::new("openssl");
        let run = openssl.args(arguments.split_whitespace()).current_dir(self.0.path());
        let output = run.output().expect("openssl is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Takes TLS off, and passes what is in it to the address.
    async fn wall(&self, to: SocketAddr) -> String {
        let read = |name: &str| fs::read(self.path(name)).unwrap();
        let chain = vec![CertificateDer::from_pem_slice(&read("server.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(&read("server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider);
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind(ANY).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut inside) = acceptor.accept(stream).await else { return };
                    let Ok(mut server) = tokio::net::TcpStream::connect(to).await else { return };
                    server.set_nodelay(true).unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut inside, &mut server).await;
                });
            }
        });
        format!("https://{address}")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_behind_tls_is_attacked_by_who_is_told_whom_to_believe() {
    let authority = Authority::new();
    let (good, bad) = (twin(None), twin(Some(Flaw::ToctouConsume)));
    let good_url = authority.wall(good.addresses[0]).await;
    let bad_url = authority.wall(bad.addresses[0]).await;
    let ca = authority.path("ca.pem").to_str().unwrap().to_owned();
    let told = tokio::task::spawn_blocking(move || {
        let trusting = ["--adapter", "twin", "--delivery", "all", "--ca", &ca];
        let strange = ["--adapter", "twin", "--delivery", "last-byte"];
        [run(&good_url, &trusting), run(&bad_url, &trusting), run(&good_url, &strange)]
    });
    let [clean, violated, stranger] = told.await.unwrap();
    assert_eq!(clean.0, CLEAN, "{}", clean.1);
    for delivery in ["single-write", "streams-4", "last-byte", "cold"] {
        let line = format!("clean        S01 {delivery}");
        assert!(clean.1.contains(&line), "{line}: {}", clean.1);
    }
    assert_eq!(violated.0, VIOLATION, "{}", violated.1);
    assert_eq!(stranger.0, ERROR, "{}", stranger.1);
    assert!(stranger.1.contains("UnknownIssuer"), "{}", stranger.1);
}
