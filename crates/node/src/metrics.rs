//! What a node counts. In: requests, refusals, gauges at the moment they are asked for. Out: Prometheus text (exposition format 0.0.4). Never: a label with words of a caller.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Upper ends of the buckets of latencies, seconds.
const BUCKETS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

#[derive(Default)]
struct Route {
    by_status: BTreeMap<u16, u64>,
    buckets: [u64; BUCKETS.len()],
    count: u64,
    seconds: f64,
}

#[derive(Default)]
struct Counted {
    routes: BTreeMap<(String, String), Route>,
    refusals: BTreeMap<&'static str, u64>,
    handshakes_failed: u64,
    connections_full: u64,
}

/// The node's counters.
#[derive(Default)]
pub struct Metrics(Mutex<Counted>);

/// A number that is looked up when it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// Its name, without `sakimori_`.
    pub name: &'static str,
    /// What it counts.
    pub help: &'static str,
    /// The number.
    pub value: f64,
}

impl Metrics {
    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request was answered. `route` is the template of the route and never the path that was asked for.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let mut counted = self.lock();
        let key = (method.to_owned(), route.to_owned());
        let at = counted.routes.entry(key).or_default();
        *at.by_status.entry(status).or_default() += 1;
        let seconds = took.as_secs_f64();
        for (bucket, end) in at.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(seconds <= end);
        }
        at.count += 1;
        at.seconds += seconds;
    }

    /// A request was refused.
    pub fn refused(&self, code: &'static str) {
        *self.lock().refusals.entry(code).or_default() += 1;
    }

    /// A connection that did not come about.
    pub fn handshake_failed(&self) {
        self.lock().handshakes_failed += 1;
    }

    /// Somebody had to wait for a free connection.
    pub fn connections_full(&self) {
        self.lock().connections_full += 1;
    }

    /// The text that a collector reads.
    pub fn text(&self, gauges: &[Gauge]) -> String {
        let counted = self.lock();
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = counted.write(&mut text);
        for Gauge { name, help, value } in gauges {
            let _ = write!(
                text,
                "# HELP sakimori_{name} {help}\n# TYPE sakimori_{name} gauge\nsakimori_{name} {value}\n"
            );
        }
        text
    }
}

impl Counted {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        text.push_str("# HELP sakimori_requests_total Requests answered.\n# TYPE sakimori_requests_total counter\n");
        for ((method, route), at) in &self.routes {
            for (status, count) in &at.by_status {
                writeln!(
                    text,
                    "sakimori_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {count}"
                )?;
            }
        }
        text.push_str("# HELP sakimori_request_seconds From a request's head to its answer.\n# TYPE sakimori_request_seconds histogram\n");
        for ((method, route), at) in &self.routes {
            let labels = format!("method=\"{method}\",route=\"{route}\"");
            for (count, end) in at.buckets.iter().zip(BUCKETS) {
                writeln!(
                    text,
                    "sakimori_request_seconds_bucket{{{labels},le=\"{end}\"}} {count}"
                )?;
            }
            let (count, seconds) = (at.count, at.seconds);
            write!(
                text,
                "sakimori_request_seconds_bucket{{{labels},le=\"+Inf\"}} {count}\nsakimori_request_seconds_sum{{{labels}}} {seconds}\nsakimori_request_seconds_count{{{labels}}} {count}\n"
            )?;
        }
        text.push_str("# HELP sakimori_refusals_total Requests refused, by code.\n# TYPE sakimori_refusals_total counter\n");
        for (code, count) in &self.refusals {
            writeln!(text, "sakimori_refusals_total{{code=\"{code}\"}} {count}")?;
        }
        let (failed, full) = (self.handshakes_failed, self.connections_full);
        write!(
            text,
            "# HELP sakimori_handshakes_failed_total Connections whose TLS handshake failed.\n# TYPE sakimori_handshakes_failed_total counter\nsakimori_handshakes_failed_total {failed}\n# HELP sakimori_connections_full_total Times that a connection waited for another to close.\n# TYPE sakimori_connections_full_total counter\nsakimori_connections_full_total {full}\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_buckets_and_gauges_are_in_the_text() {
        let metrics = Metrics::default();
        metrics.answered("GET", "/healthz", 200, Duration::from_millis(3));
        metrics.answered("GET", "/healthz", 200, Duration::from_secs(2));
        metrics.refused("not-allowed");
        let gauge = Gauge {
            name: "log_entries",
            help: "Entries.",
            value: 7.0,
        };
        let text = metrics.text(&[gauge]);
        for line in [
            "sakimori_requests_total{method=\"GET\",route=\"/healthz\",status=\"200\"} 2",
            "sakimori_request_seconds_bucket{method=\"GET\",route=\"/healthz\",le=\"0.005\"} 1",
            "sakimori_request_seconds_bucket{method=\"GET\",route=\"/healthz\",le=\"+Inf\"} 2",
            "sakimori_refusals_total{code=\"not-allowed\"} 1",
            "sakimori_log_entries 7",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}
