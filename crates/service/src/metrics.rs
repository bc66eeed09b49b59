//! What a service counts, for Prometheus: `GET /metrics` on its own socket, beside `/health`.
//!
//! Requests, and how long they took, are counted here for every service alike: by the template of the route and never by
//! the path, so that there are as many series as routes. What else a service knows it adds when it is asked
//! ([`Readings`]): from counters that it keeps, or from its state as it is then. Caddy has no route to this; the
//! supervisor asks every service and puts the answers together.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::{
    HistogramOpts, Opts, TextEncoder,
    core::Collector,
    proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType},
};

pub use prometheus::{Error as FormatError, HistogramVec, IntCounterVec};

use crate::Problem;

/// The media type of the text format that `promtool` and every Prometheus read.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long a request took: from half a millisecond, which is long for our own work, to the ten seconds after which
/// nobody waits any more.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// What the supervisor asks by itself is nobody's request.
const OF_THE_SUPERVISOR: [&str; 2] = ["/health", "/metrics"];

/// Adds what a service knows.
pub(crate) type Read = Box<dyn Fn(&mut Readings) + Send + Sync>;

/// Counters of one family, one for each combination of labels' values. Each is an atomic.
///
/// # Panics
///
/// If a name is none that Prometheus takes. They are constants: the first test that makes the family finds it.
pub fn counters(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    IntCounterVec::new(Opts::new(name, help), labels).expect("a metric's name and labels are valid")
}

/// Histograms of one family, with buckets of up to so much, one for each combination of labels' values. Each is made of atomics.
///
/// # Panics
///
/// As [`counters`].
pub fn histograms(name: &str, help: &str, buckets: &[f64], labels: &[&str]) -> HistogramVec {
    HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)
        .expect("a metric's name, labels and buckets are valid")
}

/// A number as the format has it.
#[expect(clippy::cast_precision_loss, reason = "beyond 2^53 the last digits of a byte count tell nothing")]
pub fn number(whole: u64) -> f64 {
    whole as f64
}

/// The metrics of one process at one time, family by family.
#[derive(Debug, Default)]
pub struct Readings(Vec<MetricFamily>);

impl Readings {
    /// Adds what was counted.
    pub fn counted(&mut self, collector: &impl Collector) {
        // A family of which nothing was counted yet has no place in the format.
        self.0.extend(collector.collect().into_iter().filter(|family| !family.get_metric().is_empty()));
    }

    /// Adds values that go up and down: for each the labels and the value.
    pub fn gauges<const N: usize, V: Into<String>>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, V); N], f64)>,
    ) {
        self.family(MetricType::GAUGE, name, help, values);
    }

    /// Adds one value that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.gauges::<0, String>(name, help, [([], value)]);
    }

    /// Adds sums that are kept elsewhere and only grow: for each the labels and the value.
    pub fn sums<const N: usize, V: Into<String>>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, V); N], f64)>,
    ) {
        self.family(MetricType::COUNTER, name, help, values);
    }

    fn family<const N: usize, V: Into<String>>(
        &mut self,
        kind: MetricType,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = ([(&'static str, V); N], f64)>,
    ) {
        let metrics: Vec<_> = values
            .into_iter()
            .map(|(labels, value)| {
                let mut metric = Metric::from_label(labels.into_iter().map(label).collect());
                if kind == MetricType::COUNTER {
                    let mut counter = Counter::default();
                    counter.set_value(value);
                    metric.set_counter(counter);
                } else {
                    let mut gauge = Gauge::default();
                    gauge.set_value(value);
                    metric.set_gauge(gauge);
                }
                metric
            })
            .collect();
        if metrics.is_empty() {
            return;
        }
        let mut family = MetricFamily::default();
        family.set_name(name.into());
        family.set_help(help.into());
        family.set_field_type(kind);
        family.set_metric(metrics);
        self.0.push(family);
    }

    /// In Prometheus' text format.
    pub fn to_text(&self) -> Result<String, FormatError> {
        TextEncoder::new().encode_to_string(&self.0)
    }
}

fn label((name, value): (&str, impl Into<String>)) -> LabelPair {
    let mut label = LabelPair::default();
    label.set_name(name.into());
    label.set_value(value.into());
    label
}

/// What is counted of the requests to one process: the same of every one. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Requests {
    answered: IntCounterVec,
    seconds: HistogramVec,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            answered: counters(
                "ocweb_http_requests_total",
                "Requests that were answered, by the route's template and the class of the answer's status.",
                &["method", "route", "status"],
            ),
            seconds: histograms(
                "ocweb_http_request_duration_seconds",
                "How long requests took until the head of their answer was ready.",
                &SECONDS,
                &["method", "route"],
            ),
        }
    }
}

impl Requests {
    /// Counts a request that was answered, and how long that took where it is known. The route is a template, never a path.
    pub fn note(&self, method: &str, route: &str, status: StatusCode, took: Option<Duration>) {
        let method = known(method);
        self.answered.with_label_values(&[method, route, class(status)]).inc();
        if let Some(took) = took {
            self.seconds.with_label_values(&[method, route]).observe(took.as_secs_f64());
        }
    }

    /// Adds what was counted.
    pub fn read(&self, readings: &mut Readings) {
        readings.counted(&self.answered);
        readings.counted(&self.seconds);
    }
}

/// Counts a request, once it is answered. One whose asker has gone is answered to nobody, and not counted.
pub(crate) async fn count(State(requests): State<Requests>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    if route.as_ref().is_some_and(|route| OF_THE_SUPERVISOR.contains(&route.as_str())) {
        return next.run(request).await;
    }
    let response = next.run(request).await;
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    requests.note(method.as_str(), route, response.status(), Some(begun.elapsed()));
    response
}

/// The method, of which a client may make up any.
fn known(method: &str) -> &'static str {
    const KNOWN: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// A router with `GET /metrics`.
pub(crate) fn router(requests: Requests, read: Read) -> Router {
    let shared = Arc::new((requests, read));
    let show = async |State(shared): State<Arc<(Requests, Read)>>| {
        let (requests, read) = &*shared;
        let mut readings = Readings::default();
        requests.read(&mut readings);
        read(&mut readings);
        match readings.to_text() {
            Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
            Err(error) => Problem::internal(error).into_response(),
        }
    };
    Router::new().route("/metrics", get(show)).with_state(shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_written_as_prometheus_reads_them() {
        let counted = counters("ocweb_things_total", "Things.", &["kind"]);
        let mut readings = Readings::default();
        readings.counted(&counted);
        assert_eq!(readings.to_text().unwrap(), "", "nothing was counted yet");

        counted.with_label_values(&["a \"b\"\n"]).inc_by(2);
        readings.counted(&counted);
        readings.gauges("ocweb_rooms", "Rooms.", [([("state", "full")], 1.0), ([("state", "empty")], 0.0)]);
        readings.gauges::<0, String>("ocweb_nothing", "None.", []);
        readings.gauge("ocweb_bytes", "Bytes.", number(1 << 40));
        readings.sums("ocweb_cost_dollars_total", "Cost.", [([("model", "m")], 0.25)]);
        let expected = "# HELP ocweb_things_total Things.\n# TYPE ocweb_things_total counter\n\
            ocweb_things_total{kind=\"a \\\"b\\\"\\n\"} 2\n\
            # HELP ocweb_rooms Rooms.\n# TYPE ocweb_rooms gauge\n\
            ocweb_rooms{state=\"full\"} 1\nocweb_rooms{state=\"empty\"} 0\n\
            # HELP ocweb_bytes Bytes.\n# TYPE ocweb_bytes gauge\nocweb_bytes 1099511627776\n\
            # HELP ocweb_cost_dollars_total Cost.\n# TYPE ocweb_cost_dollars_total counter\n\
            ocweb_cost_dollars_total{model=\"m\"} 0.25\n";
        assert_eq!(readings.to_text().unwrap(), expected);
    }

    #[test]
    fn a_made_up_method_makes_no_series_of_its_own() {
        assert_eq!((known("EVIL"), known("get"), known("GET")), ("other", "other", "GET"));
        assert_eq!(class(StatusCode::NO_CONTENT), "2xx");
    }
}
