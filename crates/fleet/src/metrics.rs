//! The load that servers tell of themselves, in Prometheus' text format.

/// What a server says of its load.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// Requests that it computes.
    pub running: f64,
    /// Requests that wait.
    pub waiting: f64,
    /// The share of its KV memory in use, from 0 to 1, where it says so.
    pub kv_usage: Option<f64>,
}

const RUNNING: &[&str] = &[
    "vllm:num_requests_running",
    "sglang:num_running_reqs",
    "llamacpp:requests_processing",
];

const WAITING: &[&str] = &[
    "vllm:num_requests_waiting",
    "sglang:num_queue_reqs",
    "llamacpp:requests_deferred",
];

const KV_USAGE: &[&str] = &[
    "vllm:kv_cache_usage_perc",
    "vllm:gpu_cache_usage_perc",
    "sglang:token_usage",
    "llamacpp:kv_cache_usage_ratio",
];

impl Load {
    /// Reads a page of metrics of vLLM, SGLang or llama-server; `None` if it says nothing of requests. Ranks and
    /// models of one server add up, and of their memory the fullest counts.
    pub(crate) fn parse(page: &[u8]) -> Option<Self> {
        let mut load = Self::default();
        let mut is_known = false;
        for line in page.split(|&byte| byte == b'\n') {
            let Some((name, value)) = sample(line) else {
                continue;
            };
            if RUNNING.contains(&name) {
                load.running += value;
                is_known = true;
            } else if WAITING.contains(&name) {
                load.waiting += value;
                is_known = true;
            } else if KV_USAGE.contains(&name) {
                load.kv_usage = Some(load.kv_usage.unwrap_or(0.0).max(value));
            }
        }
        is_known.then_some(load)
    }
}

/// `name{labels} value timestamp`; only finite numbers from zero up are of use.
fn sample(line: &[u8]) -> Option<(&str, f64)> {
    let line = std::str::from_utf8(line).ok()?.trim();
    let end_of_name = line.find(['{', ' ', '\t'])?;
    let (name, rest) = line.split_at(end_of_name);
    // A label's value may hold anything, a brace too; the last one closes the labels.
    let rest = rest.rfind('}').map_or(rest, |brace| &rest[brace + 1..]);
    let value: f64 = rest.split_whitespace().next()?.parse().ok()?;
    (value.is_finite() && value >= 0.0).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(page: &str) -> Option<(f64, f64, Option<f64>)> {
        Load::parse(page.as_bytes()).map(|load| (load.running, load.waiting, load.kv_usage))
    }

    #[test]
    fn pages_of_three_servers_are_read() {
        let vllm = "# HELP vllm:num_requests_running Number of requests\n\
            # TYPE vllm:num_requests_running gauge\n\
            vllm:num_requests_running{engine=\"0\",model_name=\"a } b\"} 3.0\n\
            vllm:num_requests_running{engine=\"1\",model_name=\"a\"} 2.0 1700000000\n\
            vllm:num_requests_waiting{engine=\"0\"} 7.0\r\n\
            vllm:kv_cache_usage_perc{engine=\"0\"} 0.25\n\
            vllm:kv_cache_usage_perc{engine=\"1\"} 5e-1\n";
        assert_eq!(parsed(vllm), Some((5.0, 7.0, Some(0.5))));
        let sglang = "sglang:num_running_reqs{model_name=\"m\"} 4\nsglang:num_queue_reqs{model_name=\"m\"} 1\n";
        assert_eq!(parsed(sglang), Some((4.0, 1.0, None)));
        let llama = "llamacpp:requests_processing 1\nllamacpp:requests_deferred 2\n";
        assert_eq!(parsed(llama), Some((1.0, 2.0, None)));
    }

    #[test]
    fn other_pages_and_odd_numbers_say_nothing() {
        for page in [
            "",
            "<html>\n",
            "process_cpu_seconds_total 1\n",
            "vllm:num_requests_running NaN\n",
            "vllm:num_requests_running -1\n",
            "vllm:num_requests_running{\n",
            "vllm:num_requests_running_total 5\n",
        ] {
            assert_eq!(parsed(page), None, "{page}");
        }
        assert_eq!(Load::parse(b"\xff\xfe 1\n"), None);
    }
}
