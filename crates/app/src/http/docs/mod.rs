//! `/openapi.json` and `/docs`: the document, for programs and for people. Nothing is fetched from
//! anywhere: the page's script and style are compiled in.

use std::sync::LazyLock;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{get, on},
};
use hyper::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use rawzip::{CompressionMethod, ZipArchive};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;

use super::{
    document,
    route::{Resource, text},
};

pub(in crate::http) fn routes() -> Resource {
    let document = text("getDocument", "This document", "application/json", |filter| {
        on(filter, async || ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str()))
    });
    Resource::new("documentation", "What can be asked.").get("/openapi.json", document)
}

static DOCUMENT: LazyLock<String> = LazyLock::new(document::openapi_text);

/// The page that shows the document; for people, and so no part of it.
pub(in crate::http) fn page<S: Clone + Send + Sync + 'static>() -> Router<S> {
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    static UI: LazyLock<Vec<u8>> = LazyLock::new(|| gzipped("dist/swagger-ui-bundle.js"));
    static STYLE: LazyLock<Vec<u8>> = LazyLock::new(|| gzipped("dist/swagger-ui.css"));
    Router::new()
        .route("/docs", get(async || html(include_str!("index.html"))))
        .route("/docs/start.js", get(async || ([(CONTENT_TYPE, SCRIPT)], include_str!("start.js"))))
        .route("/docs/swagger-ui-bundle.js", get(async || packed(SCRIPT, &UI)))
        .route("/docs/swagger-ui.css", get(async || packed("text/css; charset=utf-8", &STYLE)))
}

/// The page may run its own scripts and ask this server; it draws with styles it makes as it goes.
fn html(page: &'static str) -> Response {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
        img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
        frame-ancestors 'none'";
    let kind = (CONTENT_TYPE, "text/html; charset=utf-8");
    ([kind, (CONTENT_SECURITY_POLICY, POLICY)], page).into_response()
}

fn packed(kind: &'static str, body: &'static [u8]) -> Response {
    ([(CONTENT_TYPE, kind), (CONTENT_ENCODING, "gzip")], body).into_response()
}

/// A file of the archive, as every browser takes it. It stays compressed: gzip is the same stream as in
/// the archive between another head and tail.
fn gzipped(name: &str) -> Vec<u8> {
    const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    const INTACT: &str = "the archive is part of the program";
    let archive = ZipArchive::from_slice(SWAGGER_UI_VENDORED).expect(INTACT);
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry().expect(INTACT) {
        // Above it there is a folder named for the version.
        if !entry.file_path().as_ref().ends_with(format!("/{name}").as_bytes()) {
            continue;
        }
        assert_eq!(entry.compression_method(), CompressionMethod::DEFLATE, "{INTACT}");
        let data = archive.get_entry(entry.wayfinder()).expect(INTACT).data();
        let size = u32::try_from(entry.uncompressed_size_hint()).expect(INTACT);
        let (crc, size) = (entry.crc32().to_le_bytes(), size.to_le_bytes());
        return [&HEAD[..], data, &crc, &size].concat();
    }
    panic!("{name} is in the archive")
}
