//! The metrics of `/metrics`, sent to a collector every some seconds.

use std::{collections::BTreeMap, sync::Arc};

use hyper::{Request, header};
use opentelemetry_proto::{
    tonic::{
        collector::metrics::v1::ExportMetricsServiceRequest,
        common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value},
        metrics::v1::{
            AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
            ResourceMetrics, ScopeMetrics, Sum, metric::Data, number_data_point,
        },
        resource::v1::Resource,
    },
    transform::common::tonic::ResourceAttributesWithSchema,
};
use prost::Message as _;

use super::{
    Collector, SERVICE, resource,
    text::{Family, Sample, families},
};
use crate::{Addresses, App, post::Poster};

/// Sends, every so often, until it is dropped. A collector that is away is told of once.
pub(crate) async fn run(app: Arc<App>, collector: Collector) {
    let poster = Poster::new(Addresses::Any);
    let started = nanos(&app);
    let mut is_told = false;
    loop {
        tokio::time::sleep(collector.metrics_every).await;
        let text = app.metrics_text().await;
        let body = export(&text, Period { started, now: nanos(&app) }).encode_to_vec();
        let request = Request::post(collector.url("/v1/metrics"))
            .header(header::CONTENT_TYPE, "application/x-protobuf")
            .body(body.into());
        let sent = match request {
            Ok(request) => poster.post(request).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let failure = match sent {
            Ok(200..=299) => None,
            Ok(status) => Some(format!("answered with {status}")),
            Err(error) => Some(error),
        };
        if let Some(error) = &failure
            && !is_told
        {
            tracing::warn!(error, "the collector does not take metrics");
        }
        is_told = failure.is_some();
    }
}

fn nanos(app: &App) -> u64 {
    u64::try_from(app.clock.now().micros()).unwrap_or(0).saturating_mul(1_000)
}

/// What is counted has been counted since, and is so now; nanoseconds of Unix time.
#[derive(Debug, Clone, Copy)]
struct Period {
    started: u64,
    now: u64,
}

fn export(text: &str, period: Period) -> ExportMetricsServiceRequest {
    let metrics = families(text).iter().map(|family| metric(family, period)).collect();
    let said = ResourceAttributesWithSchema::from(&resource());
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(Resource { attributes: said.attributes.0, ..Resource::default() }),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(InstrumentationScope {
                    name: SERVICE.to_owned(),
                    ..InstrumentationScope::default()
                }),
                metrics,
                ..ScopeMetrics::default()
            }],
            ..ResourceMetrics::default()
        }],
    }
}

fn metric(family: &Family<'_>, period: Period) -> Metric {
    let aggregation_temporality = AggregationTemporality::Cumulative.into();
    let data = match family.kind {
        "counter" => Data::Sum(Sum {
            data_points: numbers(family, period),
            aggregation_temporality,
            is_monotonic: true,
        }),
        "histogram" => Data::Histogram(Histogram {
            data_points: histograms(family, period),
            aggregation_temporality,
        }),
        _ => Data::Gauge(Gauge { data_points: numbers(family, period) }),
    };
    let unit = match family.name {
        name if name.ends_with("_seconds") => "s",
        name if name.ends_with("_bytes") => "By",
        _ => "1",
    };
    Metric {
        name: family.name.to_owned(),
        description: family.help.to_owned(),
        unit: unit.to_owned(),
        data: Some(data),
        ..Metric::default()
    }
}

fn numbers(family: &Family<'_>, period: Period) -> Vec<NumberDataPoint> {
    let point = |sample: &Sample<'_>| NumberDataPoint {
        attributes: attributes(&sample.labels),
        start_time_unix_nano: period.started,
        time_unix_nano: period.now,
        value: Some(number_data_point::Value::AsDouble(sample.value)),
        ..NumberDataPoint::default()
    };
    family.samples.iter().map(point).collect()
}

/// One for each set of labels; the text counts all up to a bound, a point between two.
fn histograms(family: &Family<'_>, period: Period) -> Vec<HistogramDataPoint> {
    let mut points: BTreeMap<Vec<(&str, &str)>, HistogramDataPoint> = BTreeMap::new();
    for Sample { suffix, labels, value } in &family.samples {
        let (bounds, others): (Vec<_>, Vec<_>) =
            labels.iter().copied().partition(|(name, _)| *name == "le");
        let point = points.entry(others).or_insert_with_key(|others| HistogramDataPoint {
            attributes: attributes(others),
            start_time_unix_nano: period.started,
            time_unix_nano: period.now,
            ..HistogramDataPoint::default()
        });
        match *suffix {
            "_sum" => point.sum = Some(*value),
            "_count" => point.count = whole(*value),
            _ => {
                let before: u64 = point.bucket_counts.iter().sum();
                point.bucket_counts.push(whole(*value).saturating_sub(before));
                let bound = bounds.first().and_then(|(_, bound)| bound.parse::<f64>().ok());
                point.explicit_bounds.extend(bound.filter(|bound| bound.is_finite()));
            }
        }
    }
    points.into_values().collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count, which the text writes as a number"
)]
const fn whole(count: f64) -> u64 {
    count as u64
}

fn attributes(labels: &[(&str, &str)]) -> Vec<KeyValue> {
    let attribute = |(key, value): &(&str, &str)| KeyValue {
        key: (*key).to_owned(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue((*value).to_owned())) }),
        ..KeyValue::default()
    };
    labels.iter().map(attribute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_counted_between_its_bounds() {
        let text = "# TYPE amanah_t_seconds histogram\n\
                    amanah_t_seconds_sum{of=\"a\"} 1.5\namanah_t_seconds_count{of=\"a\"} 6\n\
                    amanah_t_seconds_bucket{le=\"0.5\",of=\"a\"} 1\n\
                    amanah_t_seconds_bucket{le=\"1.0\",of=\"a\"} 4\n\
                    amanah_t_seconds_bucket{le=\"+Inf\",of=\"a\"} 6\n\
                    amanah_t_seconds_count{of=\"b\"} 0\n";
        let points = histograms(&families(text)[0], Period { started: 1, now: 2 });
        assert_eq!(points.len(), 2);
        assert_eq!(points[0].bucket_counts, [1, 3, 2]);
        assert_eq!(points[0].explicit_bounds, [0.5, 1.0]);
        assert_eq!((points[0].count, points[0].sum), (6, Some(1.5)));
        assert_eq!(points[0].attributes, attributes(&[("of", "a")]));
        let unit = metric(&families(text)[0], Period { started: 1, now: 2 }).unit;
        assert_eq!(unit, "s");
    }
}
