//! Traces and metrics as a collector gets them.

use std::time::Duration;

use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    metrics::v1::{Metric, metric::Data, number_data_point::Value as Number},
    trace::v1::Span,
};
use prost::Message as _;
use serde_json::json;

use super::{Process, amanah, output, text, url};
use crate::support::{
    client::Call,
    firm::id,
    receiver::{Got, Receiver},
    tokens,
};

const COUNT: usize = 12;

fn spans(got: &[Got]) -> Vec<Span> {
    let requests = got.iter().filter(|got| got.path == "/v1/traces");
    requests
        .flat_map(|got| ExportTraceServiceRequest::decode(&*got.body).unwrap().resource_spans)
        .flat_map(|of_resource| of_resource.scope_spans)
        .flat_map(|of_scope| of_scope.spans)
        .collect()
}

fn metrics(got: &[Got]) -> Vec<Metric> {
    let last = got.iter().rfind(|got| got.path == "/v1/metrics");
    let request = ExportMetricsServiceRequest::decode(&*last.unwrap().body).unwrap();
    let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
    scopes.flat_map(|scope| scope.metrics).collect()
}

fn told(span: &Span, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        opentelemetry_proto::tonic::common::v1::any_value::Value::StringValue(text) => {
            Some(text.clone())
        }
        other => Some(format!("{other:?}")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commands_span_is_the_callers_and_linked_to_its_batch() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    let (folder, collector) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let database = url(&folder.path().join("test.db"));
    let mut command = amanah(&["serve", "--database", &database, "--listen", "127.0.0.1:0"]);
    command.args(["--otlp", &format!("http://{}", collector.address)]);
    let mut process = Process::start(command);
    let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
    let call = |path: &str, body| Call::post(path, &body).token(&token);
    let client = process.send(&call("/api/clients", json!({"fullName": "Noura"}))).await;
    let client = id(&client.json()["data"]);
    let retainer = json!({"clientId": client, "initialAmount": 100});
    let retainer = id(&process.send(&call("/api/retainers", retainer)).await.json()["data"]);
    let consume = call(&format!("/api/retainers/{retainer}/consume"), json!({"amount": 10}))
        .header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"));
    let answers = (0..COUNT).map(|_| process.send(&consume));
    let answers = futures_util::future::join_all(answers).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    process.terminate();
    assert!(process.ended().success());

    let spans = spans(&collector.got());
    let of_caller = |name| {
        let is_his = move |span: &&Span| span.name == name && hex(&span.trace_id) == TRACE;
        spans.iter().filter(is_his).collect::<Vec<_>>()
    };
    let (requests, commands) = (of_caller("request"), of_caller("command"));
    assert_eq!((requests.len(), commands.len()), (COUNT, COUNT));
    let batches: Vec<_> = spans.iter().filter(|span| span.name == "batch").collect();
    let mut outcomes = Vec::new();
    for command in commands {
        assert!(requests.iter().any(|request| request.span_id == command.parent_span_id));
        assert_eq!(told(command, "command").as_deref(), Some("consume_retainer"));
        outcomes.extend(told(command, "outcome"));
        let [link] = &command.links[..] else { panic!("{:?}", command.links) };
        let batch = batches.iter().find(|batch| batch.span_id == link.span_id).expect("a batch");
        assert!(batch.parent_span_id.is_empty() && batch.trace_id == link.trace_id);
        for phase in ["load", "decide", "commit"] {
            let is_it = |span: &&Span| span.name == phase && span.parent_span_id == batch.span_id;
            assert_eq!(spans.iter().filter(is_it).count(), 1, "{phase}");
        }
    }
    outcomes.sort_unstable();
    assert_eq!(outcomes[..10], ["accepted"; 10]);
    assert_eq!(outcomes[10..], ["retainer_not_active"; 2]);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_collector_gets_every_metric_there_is() {
    let (folder, collector) = (tempfile::tempdir().unwrap(), Receiver::start().await);
    let database = url(&folder.path().join("test.db"));
    let mut command = amanah(&["serve", "--database", &database, "--listen", "127.0.0.1:0"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}/", collector.address));
    command.env("OTEL_METRIC_EXPORT_INTERVAL", "200").env("OTEL_TRACES_SAMPLER", "always_off");
    let process = Process::start(command);
    let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
    let take_in = Call::post("/api/clients", &json!({"fullName": "Noura"})).token(&token);
    assert!(process.send(&take_in).await.is_ok());
    let before = collector.got().len();
    let got = collector.wait_for(before + 2).await;
    let metrics = metrics(&got);
    let shown = process.send(&Call::get("/metrics")).await.text();
    let shown: Vec<_> = shown.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    assert_eq!(shown.len(), metrics.len());
    for line in shown {
        let (name, kind) = line.split_once(' ').unwrap();
        let metric = metrics.iter().find(|metric| metric.name == name).expect(name);
        let is_so = match metric.data.as_ref().unwrap() {
            Data::Sum(sum) => kind == "counter" && sum.is_monotonic,
            Data::Gauge(_) => kind == "gauge",
            Data::Histogram(_) => kind == "histogram",
            _ => false,
        };
        assert!(is_so && !metric.description.is_empty(), "{metric:?}");
    }
    let commands = metrics.iter().find(|metric| metric.name == "amanah_commands").unwrap();
    let Some(Data::Sum(sum)) = &commands.data else { panic!("{commands:?}") };
    let counts: Vec<_> = sum.data_points.iter().map(|point| point.value).collect();
    assert_eq!(counts, [Some(Number::AsDouble(1.0))]);
    assert_eq!(spans(&collector.got()), []);
}

#[tokio::test]
async fn a_collector_that_is_away_costs_nothing_but_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let database = url(&folder.path().join("test.db"));
    let mut command = amanah(&["serve", "--database", &database, "--listen", "127.0.0.1:0"]);
    command.args(["--otlp", "http://127.0.0.1:9"]).env("OTEL_METRIC_EXPORT_INTERVAL", "100");
    let mut process = Process::start(command);
    let token = tokens::token(&tokens::new_id(), &tokens::new_id(), "owner");
    for _ in 0..20 {
        let take_in = Call::post("/api/clients", &json!({"fullName": "Noura"})).token(&token);
        assert!(process.send(&take_in).await.is_ok());
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    process.terminate();
    assert!(process.ended().success());

    let bad = output(amanah(&["serve", "--demo", "--otlp", "localhost:4318"]));
    assert!(!bad.status.success());
    assert!(text(&bad.stderr).contains("it is like http://127.0.0.1:4318"), "{bad:?}");
}
